"""Cases that may be about the same person or place: noticed when a referral is sent, settled by the coordinator."""

from collections.abc import Iterable

from sqlalchemy import select

from psg import audit, clock
from psg.access import Viewer
from psg.audit import Event
from psg.cases.models import Case, PossibleDuplicate
from psg.cases.operations.parties import Entry
from psg.cases.operations.shared import person_of
from psg.cases.rules import CaseState
from psg.db import DomainError, add_new, db
from psg.ids import new_id
from psg.people.queries import find_matches

_COUNTS = (CaseState.SENT, CaseState.OPEN, CaseState.DECLINED, CaseState.CLOSED)


def note_duplicates(case: Case, entries: Iterable[Entry]) -> list[PossibleDuplicate]:
    """Look for other cases with the same people or places and keep each pair for the coordinator."""
    found: dict[object, set[str]] = {}
    for pointer, indexes in find_matches(case.partnership_id, [t for _, terms in entries for t in terms]).items():
        if pointer.case_id != case.id:
            found.setdefault(pointer.case_id, set()).update(index.value for index in indexes)
    if not found:
        return []
    still_there = select(Case.id).where(
        Case.partnership_id == case.partnership_id, Case.id.in_(found), Case.state.in_(_COUNTS)
    )
    pairs = [
        PossibleDuplicate(
            partnership_id=case.partnership_id,
            id=new_id(),
            case_id=case.id,
            other_case_id=other_id,
            matched_by=" ".join(sorted(found[other_id]))[:100],
            found_at=clock.now(),
        )
        for other_id in db.session.scalars(still_there)
    ]
    add_new(*pairs)
    return pairs


def settle_duplicate(pair: PossibleDuplicate, *, same: bool, by: Viewer) -> None:
    """Say whether two cases are about the same person or place."""
    if pair.settled_at is not None:
        raise DomainError("This has already been settled.")
    pair.settled_at = clock.now()
    pair.settled_by = person_of(by)
    pair.same = same
    audit.record(Event.DUPLICATES_SETTLED, pair, by=by, why="same" if same else "different")
    db.session.flush()
