"""The database: the model base, the column types, and the one place that commits."""

from psg.db.asking import ask
from psg.db.errors import AlreadyDone, Clash, DomainError, UnauditedChange, WriteOutsideTransaction
from psg.db.model import Model, Owned, UtcDateTime, Versioned, db, owned_fk
from psg.db.rows import UNLESS_THERE, add_if_free, add_new, write_alone, write_rows
from psg.db.session import (
    QuickChanges,
    engine_options,
    init_app,
    quick_changes,
    reading_done,
    transaction,
)

__all__ = [
    "UNLESS_THERE",
    "AlreadyDone",
    "Clash",
    "DomainError",
    "Model",
    "Owned",
    "QuickChanges",
    "UnauditedChange",
    "UtcDateTime",
    "Versioned",
    "WriteOutsideTransaction",
    "add_if_free",
    "add_new",
    "ask",
    "db",
    "engine_options",
    "init_app",
    "owned_fk",
    "quick_changes",
    "reading_done",
    "transaction",
    "write_alone",
    "write_rows",
]
