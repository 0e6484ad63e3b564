"""What a meeting gives away as files: a calendar entry and an agenda as PDF."""

from datetime import time, timedelta

from icalendar import Calendar

from psg import audit, clock
from psg.db import transaction
from psg.meetings import operations
from tests import pdfs
from tests.meetings.paths import path


def test_calendar_file(room, meeting, client_for):
    case = room.open(title="Threats at Sedge Court")
    room.publish(meeting)
    file = client_for("officer").get(path(meeting, "meeting.ics"))
    assert file.mimetype == "text/calendar"
    text = file.data.decode()
    assert case.reference not in text
    assert "Sedge" not in text
    (event,) = Calendar.from_ical(file.data).walk("VEVENT")
    assert str(event["uid"]) == f"{meeting.id}@psg.test"
    assert (
        event.decoded("dtstart").utcoffset()
        == clock.at_local(meeting.held_on, time(10)).astimezone(clock.LONDON).utcoffset()
    )
    assert event.decoded("dtend") - event.decoded("dtstart") == timedelta(hours=2)
    moved_to = meeting.held_on + timedelta(days=1)
    with transaction(hold=(meeting,)):
        operations.change_meeting(
            meeting, room.group, held_on=moved_to, at=time(11), minutes=60, place="", by=room.by()
        )
    (later,) = Calendar.from_ical(client_for("officer").get(path(meeting, "meeting.ics")).data).walk("VEVENT")
    assert later["uid"] == event["uid"]
    assert int(later["sequence"]) > int(event["sequence"])


def test_agenda_as_accessible_pdf(room, meeting, client_for):
    # Text that would be code in the document's markup, and letters that no font here has.
    case = room.open(title='#panic("x") *bold* $a$ \u4e2d\u6587 \U0001f600 Orchard Court')
    room.open(title="Żółć and Ærø")
    room.publish(meeting)
    file = client_for("officer").get(path(meeting, "agenda.pdf"))
    assert file.mimetype == "application/pdf"
    assert file.headers["Cache-Control"] == "no-store"
    info = pdfs.facts_of(file.data)
    assert "Tagged:          yes" in info
    assert "Agenda: Problem Solving Group" in info
    assert b"/Lang (en-GB)" in file.data or b"en-GB" in file.data
    text = pdfs.text_of(file.data)
    pages = text.rstrip("\f").split("\f")
    for number, page in enumerate(pages, start=1):
        assert page.count("OFFICIAL-SENSITIVE") == (3 if number == 1 else 2)
        assert f"Page {number} of {len(pages)}" in page
    assert case.reference in text
    assert '#panic("x") *bold*' in text
    assert "Żółć and Ærø" in text
    assert "Ludlow" not in text
    assert "Quince" not in text


def test_each_reader_of_one_agenda_gets_their_own_copy(room, meeting, client_for, world):
    # Typst remembers what it has set: neither another reader's name nor another wording may come back from there.
    case = room.open(title="Threats at Sedge Court")
    room.publish(meeting)

    def text(reader):
        return pdfs.text_of(client_for(reader).get(path(meeting, "agenda.pdf")).data)

    made_for = {reader: f"Made for {world.viewer(reader).name}," for reader in ("officer", "chair")}
    for reader, other in (("officer", "chair"), ("chair", "officer"), ("officer", "chair")):
        shown = text(reader)
        assert shown.count(made_for[reader]) == shown.count("\f")
        assert made_for[other] not in shown
        assert "Threats at Sedge Court" in shown
    with transaction(hold=(case,)):
        case.title = "Noise at Orchard Court"
        audit.record(audit.Event.CASE_EDITED, case, by=room.by(), fields=("title",))
    shown = text("officer")
    assert "Noise at Orchard Court" in shown
    assert "Sedge" not in shown
