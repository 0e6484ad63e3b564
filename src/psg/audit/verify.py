"""Checking the audit: every event, every seal, the anchor file, and every live record against its last digest.

Everything is read in one snapshot of the database, page by page, so that a check may run beside normal work and needs
the same little memory however long the installation has been in use.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from psg import clock
from psg.audit import anchor
from psg.audit.checks.chain import check_chain
from psg.audit.checks.events import check_events
from psg.audit.checks.records import check_records
from psg.audit.checks.report import Kind, Problem, Progress, Report
from psg.db import Model, db
from psg.settings import current

__all__ = ["Kind", "Problem", "Report", "verify"]


def verify(
    *, models: Sequence[type] | None = None, anchor_file: Path | None = None, progress: Progress | None = None
) -> Report:
    """Check everything and say what was altered, removed, inserted or rolled back behind the application.

    models: the classes whose records to check; all mapped ones when not given.
    anchor_file: another copy of the anchor file, such as one kept on another machine; the configured one by default.
    """
    report = Report(checked_at=clock.now())
    path = anchor_file or current().anchor_file
    told = progress or _silent
    # Measured before the snapshot begins: a line up to here was written after its seal was committed.
    anchored = anchor.size(path)
    with _snapshot() as connection:
        check_events(connection, report, told)
        check_chain(connection, path, anchored, report, told)
        check_records(connection, models or [mapper.class_ for mapper in Model.registry.mappers], report, told)
    return report


@contextmanager
def _snapshot() -> Iterator[Connection]:
    """A connection that sees one moment of the database for as long as it is open."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin() as reading:
            yield connection
            reading.rollback()


def _silent(_part: str, _done: int) -> None:
    return
