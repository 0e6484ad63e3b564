"""What can be done with a case. Every verb is called inside `transaction()` by its caller, says who does it (`by`),
writes its audit event and flushes; none commits. Hold the case (`transaction(hold=(case,))`) when it was read before.
"""

from psg.cases.operations.deciding import accept, close, decline, pass_on, propose_closure, reopen
from psg.cases.operations.duplicates import settle_duplicate
from psg.cases.operations.erasing import delete_draft, erase_case, expire_drafts
from psg.cases.operations.leading import name_person, set_band, set_lead, set_review, touch, unname_person
from psg.cases.operations.parties import (
    add_person,
    add_place,
    add_reference,
    change_person,
    change_place,
    remove_person,
    remove_place,
    remove_reference,
)
from psg.cases.operations.recording import add_event, correct_event, discard_note, keep_note, seen, set_now
from psg.cases.operations.referring import log_case, send, set_what, set_who, set_why, start_draft

__all__ = [
    "accept",
    "add_event",
    "add_person",
    "add_place",
    "add_reference",
    "change_person",
    "change_place",
    "close",
    "correct_event",
    "decline",
    "delete_draft",
    "discard_note",
    "erase_case",
    "expire_drafts",
    "keep_note",
    "log_case",
    "name_person",
    "pass_on",
    "propose_closure",
    "remove_person",
    "remove_place",
    "remove_reference",
    "reopen",
    "seen",
    "send",
    "set_band",
    "set_lead",
    "set_now",
    "set_review",
    "set_what",
    "set_who",
    "set_why",
    "settle_duplicate",
    "start_draft",
    "touch",
    "unname_person",
]
