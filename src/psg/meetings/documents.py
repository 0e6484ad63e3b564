"""Accessible PDFs by Typst: tagged (PDF/UA-1), titled, in English, marked top and bottom.

Templates are ours and travel with the package. Data goes in as JSON files that are never on disk, which Typst reads as
values: nothing that a person typed is ever read as markup. No packages are fetched, no network is used.
"""

import json
import unicodedata
from collections.abc import Callable
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import Any

import typst

from psg import clock
from psg.access import Standing, Viewer
from psg.meetings.clocks import quorum
from psg.meetings.presenting import Presenter
from psg.meetings.reading import Reading, Record
from psg.meetings.rules import PRESENT, MeetingState
from psg.meetings.words import ATTENDED_WORDS, decided_words, seen_again_words
from psg.web.words import full_date, plural, time_of_day

_TEMPLATES = Path(__file__).with_name("typst")
_FONTS = ["Noto Sans", "Liberation Sans", "DejaVu Sans", "Libertinus Serif"]
"""The first that is installed is used for each character; the last comes with Typst."""
_PLACEHOLDER = "\N{WHITE SQUARE}"


def agenda_pdf(reading: Reading, present: Presenter, viewer: Viewer, standing: Standing) -> bytes:
    """The published agenda as this reader sees it. No names or addresses of case people stand in it."""
    meeting = reading.meeting
    title = f"Agenda: {present.group_name(meeting)}, {full_date(meeting.held_on)}"
    data = {
        **_frame(title, viewer, standing),
        "facts": [
            ["When", f"{full_date(meeting.held_on)}, {time_of_day(meeting.at)}, {plural(meeting.minutes, 'minute')}"],
            ["Where", meeting.place or "to be said"],
            ["Version", f"{meeting.agenda_version}, published {full_date(meeting.published_at)}"],
            # Head and foot of a page are not read aloud, so the marking also stands in the text once.
            ["Marking", standing.marking],
        ],
        "parts": [
            {
                "number": part.number,
                "title": part.slot.title,
                "time": plural(part.minutes, "minute"),
                "empty": "No case." if part.holds_cases else "",
                "lines": [
                    {
                        "number": line.number,
                        "reference": line.case.reference,
                        "title": reading.cards[line.case_id].title,
                        "band": present.risk(reading.cards[line.case_id]),
                        "why": present.why(line.reasons),
                        "minutes": str(line.minutes),
                    }
                    for line in part.lines
                ],
            }
            for part in reading.parts
        ],
        "closing": f"Planned: {plural(reading.minutes, 'minute')} of {meeting.minutes}.",
    }
    return _compile("agenda.typ", data)


def minutes_pdf(record: Record, present: Presenter, viewer: Viewer, standing: Standing) -> bytes:
    """The record of a meeting as this reader sees it."""
    meeting, reading = record.meeting, record.reading
    agreed = (
        f"agreed {full_date(meeting.agreed_at)} by {present.names.user(meeting.agreed_by)}"
        if meeting.state is MeetingState.AGREED
        else "draft, to be agreed at the next meeting"
    )
    data = {
        **_frame(f"Minutes: {present.group_name(meeting)}, {full_date(meeting.held_on)}", viewer, standing),
        "facts": [
            ["When", f"{full_date(meeting.held_on)}, {time_of_day(meeting.at)}"],
            ["State", agreed],
            ["Marking", standing.marking],
            [
                "Confidentiality statement",
                f"read at {time_of_day(meeting.statement_read_at)}" if meeting.statement_read_at else "not recorded",
            ],
        ],
        "attendance": [
            {
                "agency": present.names.agency_name(row.agency_id),
                "person": present.names.user(row.user_id) + (" (guest)" if row.user_id in record.guests else ""),
                "came": ATTENDED_WORDS[row.attended] + (f": {row.deputy}" if row.deputy else ""),
            }
            for row in record.attendance
        ],
        "quorum": quorum_words(record, present),
        "parts": [_minutes_part(part, record, present) for part in reading.parts],
        "addenda": [
            {"when": f"{full_date(one.added_at)}, {present.names.user(one.added_by)}", "text": one.text or ""}
            for one in record.addenda
        ],
    }
    return _compile("minutes.typ", data)


def quorum_words(record: Record, present: Presenter) -> str:
    """How many agencies came, against what the group's terms ask for."""
    members = [row for row in record.attendance if row.user_id not in record.guests]
    came = {row.agency_id for row in members if row.attended in PRESENT}
    group = present.names.group(record.meeting.group_id)
    needed = quorum(group) if group else 0
    words = f"{plural(len(came), 'agency', 'agencies')} came."
    if not needed:
        return words
    enough = "That is a quorum" if len(came) >= needed else "That is no quorum"
    return f"{words} {enough}: the group's terms ask for {needed}."


def _minutes_part(part: Any, record: Record, present: Presenter) -> dict[str, Any]:
    reading = record.reading
    note = record.notes.get(part.slot.item_id) if part.slot.item_id else None
    lines = []
    for line in part.lines:
        outcome, closing = reading.outcomes.get(line.case_id), record.closings.get(line.case_id)
        lines.append(
            {
                "number": line.number,
                "reference": line.case.reference,
                "title": reading.cards[line.case_id].title,
                "decision": decided_words(outcome.decision) if outcome else "Not reached",
                "agreed": (outcome.agreed or "") if outcome else "",
                "closed_because": closing.reason if closing else "",
                "changed": closing.changed if closing else "",
                "again": seen_again_words(outcome.decision) if outcome else "",
                "again_on": full_date(outcome.next_review_on) if outcome else "",
                "actions": [
                    {
                        "number": str(action.number),
                        "what": action.what,
                        "owner": present.owner(action.owner_id, action.owner_agency_id),
                        "due": full_date(action.due_on),
                    }
                    for action in record.actions.get(line.case_id, [])
                ],
            }
        )
    return {
        "number": part.number,
        "title": part.slot.title,
        "note": (note.text or "") if note else "",
        "lines": lines,
    }


def _frame(title: str, viewer: Viewer, standing: Standing) -> dict[str, Any]:
    stamp = clock.local(clock.now())
    return {
        "title": title,
        "author": standing.name,
        "marking": standing.marking,
        "foot": f"Made for {viewer.name}, {standing.agency}, {full_date(stamp)} at {time_of_day(stamp.time())}",
        "fonts": _FONTS,
    }


@cache
def _fonts() -> typst.Fonts:
    """Typst's own fonts and the system's, looked for once."""
    return typst.Fonts(include_system_fonts=True)


def _compile(template: str, data: dict[str, Any]) -> bytes:
    """The document. Characters that no font here can draw are replaced, since the standard refuses missing ones."""
    try:
        return _run(template, data)
    except typst.TypstError:
        return _run(template, _map_texts(data, _drawable))


def _run(template: str, data: dict[str, Any]) -> bytes:
    # A file and not `sys_inputs`: those are part of whatever Typst remembers, and no text would be known again.
    files: Any = {
        "main.typ": _TEMPLATES / template,
        "data.json": _json(data),
        "page.json": _json({name: data[name] for name in ("marking", "foot")}),
    }
    made = typst.compile(
        files,
        root=_TEMPLATES,
        font_paths=_fonts(),
        pdf_standards=["ua-1"],
        timestamp=clock.now().astimezone(UTC).replace(microsecond=0),
    )
    if not isinstance(made, bytes):
        raise TypeError("one document makes one file")
    return made


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _drawable(text: str) -> str:
    """Latin, Greek and Cyrillic letters with common marks; a square for each other character."""
    return "".join(
        one
        if ord(one) < 0x0530 or "\u2000" <= one <= "\u20bf" or unicodedata.category(one) in ("Zs", "Cc")
        else _PLACEHOLDER
        for one in unicodedata.normalize("NFC", text)
    )


def _map_texts(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _map_texts(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [_map_texts(item, change) for item in value]
    return value
