"""What is typed on an item's page at the meeting is kept until it is recorded: by itself, and when it is refused."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from psg import clock, jobs
from psg.actions import operations as actions
from psg.cases import operations as cases
from psg.cases.models import NoteDraft
from psg.db import db, transaction
from psg.meetings import operations
from psg.meetings.models import ItemDraft
from psg.web.words import long_date
from tests.conftest import on_both
from tests.meetings.paths import path

TYPED = "Patrols until the lights work, said <Ada>"
SHOWN = "Patrols until the lights work, said &lt;Ada&gt;"
OFFERED = "This is the record you began"


class Held:
    """A meeting that is held today, with one case."""

    def __init__(self, room):
        self.room = room
        self.meeting = room.meet(clock.today())
        self.case = room.open(review_on=clock.today())
        room.publish(self.meeting)
        self.on_case = path(self.meeting, "run", room.item(self.meeting, self.case).id)
        self.on_section = path(self.meeting, "run", room.item(self.meeting).id)


@pytest.fixture
def held(room):
    return Held(room)


def drafts():
    db.session.rollback()
    db.session.expire_all()
    return [dict(row.fields) for model in (NoteDraft, ItemDraft) for row in db.session.scalars(select(model))]


@on_both
def test_what_is_typed_is_kept_and_offered_to_its_writer_alone(room, client_for):
    held = Held(room)
    chair, other = client_for("chair"), client_for("coordinator")
    for page, field in ((held.on_case, "agreed"), (held.on_section, "text")):
        assert f'data-autosave-url="{page}/keep"' in chair.get(page).text
        kept = chair.post(f"{page}/keep", {field: TYPED})
        assert (kept.status_code, kept.text) == (200, long_date(clock.today() + timedelta(days=28)))
        again = chair.get(page).text
        assert SHOWN in again
        assert OFFERED in again
        assert SHOWN not in other.get(page).text
    assert drafts() == [{"agreed": TYPED}, {"text": TYPED}]
    for model in (NoteDraft, ItemDraft):
        assert b"Patrols" not in db.session.execute(select(model.__table__.c.fields_sealed)).one().fields_sealed


def test_it_can_be_forgotten_and_an_empty_form_is_none(held, client_for):
    chair = client_for("chair")
    for page, field in ((held.on_case, "agreed"), (held.on_section, "text")):
        chair.post(f"{page}/keep", {field: TYPED})
        forgotten = chair.post(f"{page}/keep", {"then": "forget"})
        assert (forgotten.status_code, forgotten.location) == (303, page)
        chair.post(f"{page}/keep", {field: TYPED})
        assert chair.post(f"{page}/keep", {field: " ", "lead_agency": "x"}).status_code == 204
    assert drafts() == []


def test_recording_ends_it(held, client_for):
    chair = client_for("chair")
    chair.post(f"{held.on_case}/keep", {"agreed": TYPED})
    chair.post(f"{held.on_section}/keep", {"text": TYPED})
    assert chair.submit(held.on_section, {"text": TYPED}).status_code == 303
    assert drafts() == [{"agreed": TYPED}]
    assert chair.submit(held.on_case, {"decision": "defer", "agreed": TYPED}).status_code == 303
    assert drafts() == []
    assert OFFERED not in chair.get(held.on_case).text


def test_what_was_refused_is_kept_too(held, client_for):
    chair = client_for("chair")
    lacking = {"agreed": TYPED, "what_1": "Visit the block"}
    assert chair.submit(held.on_case, lacking).status_code == 422
    assert chair.submit(held.on_section, {"text": TYPED + "\x07"}).status_code == 422
    assert drafts() == [lacking, {"text": TYPED + "\x07"}]
    page = chair.get(held.on_case).text
    assert SHOWN in page
    assert 'value="Visit the block"' in page
    assert chair.submit(held.on_case, {}).status_code == 422
    assert drafts()[0] == lacking, "an empty form takes nothing away"


def test_an_item_that_somebody_else_recorded_meanwhile_is_shown_first(held, client_for):
    chair, other = client_for("chair"), client_for("coordinator")
    for page, typed, theirs in (
        (held.on_case, {"decision": "defer", "agreed": TYPED}, {"decision": "defer", "agreed": "Theirs"}),
        (held.on_section, {"text": TYPED}, {"text": "Theirs"}),
    ):
        chair.post(f"{page}/keep", typed)
        assert other.submit(page, theirs).status_code == 303
        clash = chair.submit(page, typed)
        assert clash.status_code == 409
        assert "Theirs" in clash.text
        assert SHOWN in clash.text
        assert SHOWN in chair.get(page).text
        assert chair.submit(page, typed).status_code == 303, "they have compared"
    assert drafts() == []


def test_nothing_is_kept_for_whoever_may_not(held, client_for):
    for name in ("officer", "landlord", "nurse", "youthchair", "admin"):
        for page in (held.on_case, held.on_section):
            assert client_for(name).post(f"{page}/keep", {"agreed": TYPED, "text": TYPED}).status_code in (403, 404)
            assert client_for(name).post(page, {"agreed": TYPED, "text": TYPED}).status_code in (403, 404)
    assert drafts() == []


def test_the_end_of_the_meeting_takes_nothing_away(held, client_for):
    chair = client_for("chair")
    chair.post(f"{held.on_case}/keep", {"agreed": TYPED})
    with transaction(hold=(held.meeting,)):
        operations.end_meeting(held.meeting, by=held.room.by())
    assert SHOWN in chair.get(held.on_case).text
    refused = chair.submit(held.on_case, {"decision": "defer", "agreed": TYPED + " now"})
    assert refused.status_code == 409
    assert drafts()[0]["agreed"] == TYPED + " now"


def test_the_page_that_ends_the_meeting_says_what_is_not_recorded(held, client_for):
    chair, ending = client_for("chair"), path(held.meeting, "end")
    assert 'id="unrecorded"' not in chair.get(ending).text
    for page, field in ((held.on_case, "agreed"), (held.on_section, "text")):
        chair.post(f"{page}/keep", {field: TYPED})
    said = chair.get(ending).text
    for page in (held.on_case, held.on_section):
        assert f'href="{page}">item ' in said
    assert 'id="unrecorded"' not in client_for("coordinator").get(ending).text


def test_the_open_action_leads_back_to_the_item(held, client_for):
    room, owner = held.room, held.room.world.people["landlord"].user_id
    chair = client_for("chair")
    for count, page in ((1, "/update"), (2, "/actions")):
        with transaction(hold=(held.case,)):
            actions.add_action(
                held.case,
                what="Visit",
                owner_id=owner,
                owner_agency_id=room.world.agencies["housing"],
                due_on=clock.today() + timedelta(days=3),
                by=room.by(),
            )
        link = re.search(r'href="([^"]*)">say first', chair.get(held.on_case).text)[1]
        assert link.endswith(f"{page}?back={held.on_case}"), count
        assert f'href="{held.on_case}"' in chair.get(link).text


def test_erasing_the_case_takes_its_words_and_no_others(held, client_for):
    chair = client_for("chair")
    chair.post(f"{held.on_case}/keep", {"agreed": TYPED})
    chair.post(f"{held.on_section}/keep", {"text": "Welcome"})
    with transaction(hold=(held.case,)):
        cases.erase_case(held.case, by=held.room.by("coordinator"))
    assert drafts() == [{"text": "Welcome"}]
    chair.post(f"{held.on_case}/keep", {"agreed": TYPED})
    chair.post(held.on_case, {"agreed": TYPED})
    assert drafts() == [{"text": "Welcome"}]


def test_what_nobody_comes_back_to_is_dropped_after_four_weeks(held, client_for):
    chair = client_for("chair")
    chair.post(f"{held.on_case}/keep", {"agreed": TYPED})
    chair.post(f"{held.on_section}/keep", {"text": TYPED})
    assert len(drafts()) == 2
    with transaction():
        for model in (NoteDraft, ItemDraft):
            long_ago = update(model).values(saved_at=clock.now() - timedelta(days=28, minutes=1))
            db.session.execute(long_ago.execution_options(synchronize_session=False))
    jobs.expire_old_drafts()
    assert drafts() == []
