"""Taking away the key file of a partnership's retired epoch, when nothing in the database hangs on it any more."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from psg.crypto.datakeys import DataKey
from psg.crypto.errors import KeyProblem
from psg.crypto.keyfiles import (
    PARTNERSHIP,
    KeyFile,
    KeyPlaces,
    only_writer,
    read_folder,
    read_root,
    root_path,
    sync_folder,
)
from psg.crypto.keyring import chosen
from psg.db import db, reading_done

MOST_NAMED = 20


@dataclass(frozen=True)
class StillHanging:
    """A record whose data key is wrapped by the epoch."""

    kind: str
    id: UUID


class StillNeeded(KeyProblem):
    """Records still hang on the epoch; `records` are the first of them."""

    def __init__(self, records: list[StillHanging], count: int) -> None:
        self.records = records
        self.count = count
        super().__init__(f"{count:,} data keys are still wrapped by this epoch. Nothing was removed.")


def retired(places: KeyPlaces, partnership_id: UUID, epoch: int) -> KeyFile:
    """The file of a retired epoch; raises KeyProblem when there is none, or when it is the one in use."""
    files = [
        file
        for file in chosen(read_root(root_path(places)), read_folder(places))
        if (file.name.kind, file.name.partnership_id) == (PARTNERSHIP, partnership_id)
    ]
    found = next((file for file in files if file.name.epoch == epoch), None)
    if found is None:
        raise KeyProblem(f"This partnership has no key of epoch {epoch}. List them with: psg keys status")
    if epoch == max(file.name.epoch for file in files):
        raise KeyProblem(f"Epoch {epoch} is in use: new records are sealed under it. Only older epochs can be removed.")
    return found


def remove(places: KeyPlaces, partnership_id: UUID, epoch: int, *, record: Callable[[], None]) -> KeyFile:
    """Remove a retired epoch's file; raises StillNeeded, having changed nothing, while any record hangs on it.

    record: writes the audit; when it fails, the file stays.
    """
    with only_writer(places.keys):
        file = retired(places, partnership_id, epoch)
        refuse_if_needed(partnership_id, file)
        aside = file.path.with_name(file.path.name + ".leaving")
        file.path.rename(aside)
        try:
            # Once more, with the file out of every process's reach: nothing can be wrapped by it from here on.
            refuse_if_needed(partnership_id, file)
            record()
        except BaseException:
            aside.rename(file.path)
            raise
        aside.unlink()
        sync_folder(places.keys)
        return file


def refuse_if_needed(partnership_id: UUID, file: KeyFile) -> None:
    """Raise StillNeeded when records hang on the key. Erased records hang on none."""
    hanging = select(DataKey.kind, DataKey.id).where(
        DataKey.partnership_id == partnership_id, DataKey.kek_id == file.key_id
    )
    rows = db.session.execute(hanging.order_by(DataKey.kind, DataKey.id)).all()
    reading_done()
    if rows:
        raise StillNeeded([StillHanging(row.kind, row.id) for row in rows[:MOST_NAMED]], len(rows))
