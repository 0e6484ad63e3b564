"""The web application for a WSGI server: `gunicorn wsgi:app`."""

import gc

gc.disable()  # a fifth of the start would go into looking through what stays anyway

from psg.app import create_app  # noqa: E402

app = create_app()
# What was made so far stays for as long as the process: the collector need not look through it again and again.
gc.freeze()
gc.enable()
