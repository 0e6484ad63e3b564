"""The bare floor for a WSGI server, over the database that PSG_DATABASE_URL names."""

import os

from tests.benchmarks import floor

app = floor.make_app(floor.make_pool(os.environ["PSG_DATABASE_URL"]))
