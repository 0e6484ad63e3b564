"""What a process loads before it can answer: every package below costs each start time and memory."""

import subprocess
import sys

import pytest

_UNTYPED = """
import importlib, sys
from sqlalchemy.sql.selectable import SelectBase
from sqlalchemy.types import NullType
importlib.import_module(sys.argv[1])
import psg.app
from sqlalchemy.orm import configure_mappers
configure_mappers()
for module in [one for name, one in sys.modules.items() if name.startswith("psg.")]:
    for name, value in vars(module).items():
        if isinstance(value, SelectBase):
            for column in value.selected_columns:
                if isinstance(column.type, NullType):
                    print(f"{module.__name__}.{name}.{column.key}")
"""
LATER = {"alembic", "celery", "holidays", "icalendar", "kombu", "mako", "psycopg", "redis"}
"""Large, and wanted by few requests, by one kind of database or by another process."""


@pytest.mark.parametrize(
    "entry", ["psg.app", "psg.demo.command", "psg.cases.contents", "psg.meetings.queries", "worker"]
)
def test_statements_that_are_built_once_know_their_types_whatever_is_imported_first(entry):
    done = subprocess.run([sys.executable, "-c", _UNTYPED, entry], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_application_starts_without_what_few_requests_need():
    code = f"import sys, psg.app; print(*sorted({LATER!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
