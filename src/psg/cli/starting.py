"""What `psg init` says at its end: how this installation is started."""

import os
import shlex
import shutil
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

from psg.settings import Settings

_SERVICES = """Start its three processes, all with the settings of this command, web behind your reverse proxy:

  {gunicorn} wsgi:app --bind 127.0.0.1:8000 --workers 3 --threads 4 \\
      --no-control-socket --forwarder-headers "" --logger-class worker.lines.Lines
  {celery} --quiet -A worker worker --concurrency 2 --loglevel WARNING
  {celery} --quiet -A worker beat --loglevel WARNING

docs/operations.md has them as services of systemd, and what the proxy must send."""

_TRIAL = """Start PSG first, in this folder:

  {gunicorn} -c python:worker.embedded wsgi:app --no-control-socket --bind {host}

Is {host} taken by then? Change PSG_BASE_URL in {env_file}, and the address after --bind and in the link."""


def how_to_start(values: Settings) -> str:
    """The commands that start it, for somebody who stands where `psg init` was run."""
    return (_TRIAL if values.embedded else _SERVICES).format(
        gunicorn=_program("gunicorn"),
        celery=_program("celery"),
        host=values.host,
        env_file=os.environ.get("PSG_ENV_FILE", "psg.env"),
    )


def is_taken(base_url: str) -> bool:
    """Whether somebody answers already at an address of this machine."""
    address = urlsplit(base_url)
    if address.hostname not in ("localhost", "127.0.0.1"):
        return False
    try:
        socket.create_connection((address.hostname, address.port or 80), timeout=1).close()
    except (OSError, ValueError):  # what is no port at all the settings complain of
        return False
    return True


def _program(name: str) -> str:
    """A program of our environment, by its plain name where that is the one the shell finds."""
    ours = Path(sys.executable).parent / name
    found = shutil.which(name)
    if found is not None and Path(found) == ours:
        return name
    return shlex.quote(str(ours)) if ours.exists() else f"{shlex.quote(sys.executable)} -m {name}"
