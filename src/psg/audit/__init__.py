"""The audit: who did what to which record, when and by which rule; written with the change, sealed, and checkable."""

from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from psg.audit import changes, write
from psg.audit.ddl import drop_insert_only_triggers, grants, insert_only_triggers
from psg.audit.events import Category, Event
from psg.audit.recording import SYSTEM, Actor, changed_by_statement, looked, record, refused, security
from psg.db.rows import after_add
from psg.db.session import before_commit

__all__ = [
    "SYSTEM",
    "Actor",
    "Category",
    "Event",
    "changed_by_statement",
    "drop_insert_only_triggers",
    "grants",
    "init_app",
    "insert_only_triggers",
    "looked",
    "record",
    "refused",
    "security",
]


def init_app(_app: Flask) -> None:
    """Write the events of every transaction before it commits. Call after `psg.db.init_app`."""
    if write.write_pending not in before_commit:
        before_commit.append(write.write_pending)
        after_add.append(changes.remember_added)
        event.listen(Session, "before_flush", changes.remember_before)
        event.listen(Session, "do_orm_execute", changes.remember_statement)
