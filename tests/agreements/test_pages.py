"""The agreement pages: reading, signing with the password, withdrawal under an open session."""

import io
import uuid
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from psg import audit, clock
from psg.agreements import operations
from psg.agreements.forms import FileForm
from psg.agreements.models import Agreement, AgreementVersion, Signature
from psg.agreements.rules import VersionState
from psg.audit.events import Event
from psg.audit.models import AuditEvent
from psg.db import db, transaction
from tests.browsing import Browser
from tests.conftest import on_both
from tests.worlds import PASSWORD, World

Client = Callable[[str | None], Browser]
ISA = "/east-test/agreements/isa/1"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def boxes(name: str, day: date) -> dict[str, str]:
    return {f"{name}-day": str(day.day), f"{name}-month": str(day.month), f"{name}-year": str(day.year)}


def answers(**other: str) -> dict[str, str]:
    today = clock.today()
    sent = {"text": "The words", "purposes": "One\nTwo"}
    for name, days in (("in_force_from", 0), ("sign_by", 30), ("review_on", 300), ("ends_on", 400)):
        sent |= boxes(name, today + timedelta(days=days))
    return sent | other


def signature() -> dict[str, str]:
    return {"name": "Healthlead Tester", "post": "Director", "authority": "yes", "password": PASSWORD}


def test_everybody_of_the_partnership_reads(client_for: Client) -> None:
    for name in ("officer", "nurse", "figures", "roleless"):
        assert client_for(name).get("/east-test/agreements").status_code == 200
        assert client_for(name).get(ISA).status_code == 200
    for name in ("citycoordinator", "admin"):
        assert client_for(name).get(ISA).status_code == 404


def test_the_matrix_says_a_word_for_each_agency(client_for: Client) -> None:
    text = client_for("coordinator").get("/east-test/agreements").text
    assert "3 of 4 agencies" in text
    assert text.count(">Signed</strong>") == 3
    assert text.count(">Waiting</strong>") == 1


def test_only_some_write(client_for: Client) -> None:
    for path in ("/east-test/agreements/new", "/east-test/agreements/isa/new-version", f"{ISA}/withdraw"):
        for name in ("coordinator", "governance"):
            assert client_for(name).get(path).status_code == 200, (name, path)
        for name in ("officer", "policelead", "figures"):
            assert client_for(name).get(path).status_code == 404, (name, path)


def test_only_the_agencys_lead_signs(client_for: Client) -> None:
    assert client_for("healthlead").get(f"{ISA}/sign").status_code == 200
    for name in ("nurse", "coordinator", "governance", "admin"):
        assert client_for(name).get(f"{ISA}/sign").status_code == 404, name


@on_both
def test_signing_in_three_steps(app: Flask, client_for: Client, world: World) -> None:
    browser, nurse = client_for("healthlead"), client_for("nurse")
    assert nurse.get("/east-test/cases").status_code == 403
    assert "What signing opens" in browser.get(f"{ISA}/sign").text
    assert "We share what is needed" in browser.get(f"{ISA}/sign/text").text
    answer = browser.submit(f"{ISA}/sign/confirm", signature(), follow=True)
    assert "Signed for Fen Health Trust" in answer.text
    with app.app_context():
        row = db.session.scalars(select(Signature).where(Signature.agency_id == world.agencies["health"])).one()
        assert row.authority == "I am authorised to sign for Fen Health Trust."
        assert row.sha256 in answer.text
        events = db.session.scalars(select(AuditEvent.event).order_by(AuditEvent.id.desc()).limit(6)).all()
        assert Event.AGREEMENT_SIGNED.code in events
        assert Event.PASSWORD_CONFIRMED.code in events
    assert nurse.get("/east-test/cases").status_code == 200, "from the very next request of an open session"


def test_a_wrong_password_signs_nothing_and_is_slowed(app: Flask, client_for: Client, world: World) -> None:
    browser = client_for("healthlead")
    wrong = signature() | {"password": "not the right one"}
    for _ in range(5):
        answer = browser.submit(f"{ISA}/sign/confirm", wrong)
        assert answer.status_code == 422
        assert "Password is not right" in answer.text
        assert "not the right one" not in answer.text
        assert "Director" in answer.text
    slowed = browser.submit(f"{ISA}/sign/confirm", signature())
    assert slowed.status_code == 429
    assert "Too many tries" in slowed.text
    with app.app_context():
        assert not db.session.scalar(select(Signature.id).where(Signature.agency_id == world.agencies["health"]))
    assert client_for("nurse").get("/east-test/cases").status_code == 403


@pytest.mark.parametrize("missing", ["name", "post", "authority", "password"])
def test_everything_is_needed_to_sign(client_for: Client, missing: str) -> None:
    sent = signature()
    sent[missing] = ""
    if missing == "authority":
        del sent[missing]
    assert client_for("healthlead").submit(f"{ISA}/sign/confirm", sent).status_code == 422


def test_a_named_signatory_is_the_only_one(app: Flask, client_for: Client, world: World) -> None:
    with app.app_context(), transaction():
        agreement = db.session.scalars(select(Agreement).where(Agreement.partnership_id == world.east)).one()
        today = clock.today()
        version = operations.draft_version(
            agreement,
            text="Words",
            purposes="One",
            in_force_from=today,
            sign_by=today,
            review_on=today,
            ends_on=today,
            by=world.viewer("coordinator"),
        )
        named = world.people["policelead"].user_id
        operations.publish_version(version, parties={world.agencies["health"]: named}, by=world.viewer("coordinator"))
    assert client_for("healthlead").get("/east-test/agreements/isa/2/sign").status_code == 404
    assert client_for("policelead").get("/east-test/agreements/isa/2/sign").status_code == 404, "of another agency"


def test_only_the_newest_version_is_to_be_reviewed_and_signed(
    app: Flask, client_for: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    monkeypatch.setattr(clock, "source", lambda: now + timedelta(days=250))
    review, signing = f'href="{ISA}"', f'href="{ISA}/sign"'
    coordinator, lead = client_for("coordinator"), client_for("healthlead")
    assert review in coordinator.get("/my-work").text
    assert signing in lead.get("/my-work").text
    assert "Not any more" not in coordinator.get(ISA).text
    with app.app_context(), transaction():
        agreement = db.session.scalars(select(Agreement).where(Agreement.partnership_id == world.east)).one()
        in_a_month, in_a_year = (clock.today() + timedelta(days=days) for days in (30, 365))
        version = operations.draft_version(
            agreement,
            text="Words",
            purposes="One",
            in_force_from=clock.today(),
            sign_by=in_a_month,
            review_on=in_a_month,
            ends_on=in_a_year,
            by=world.viewer("coordinator"),
        )
        parties: dict[uuid.UUID, uuid.UUID | None] = {world.agencies["health"]: None}
        operations.publish_version(version, parties=parties, by=world.viewer("coordinator"))
    newer = "/east-test/agreements/isa/2"
    shown = coordinator.get("/my-work").text
    assert f'href="{newer}"' in shown
    assert review not in shown
    shown = lead.get("/my-work").text
    assert f'href="{newer}/sign"' in shown
    assert signing not in shown
    assert "Not any more: version 2 follows it" in coordinator.get(ISA).text
    assert "Read and sign" in lead.get(newer).text
    assert "Read and sign" not in lead.get(ISA).text
    assert "can no longer be signed" in lead.get(f"{ISA}/sign").text
    assert lead.post(f"{ISA}/sign/confirm", signature()).status_code == 409


def test_withdrawal_closes_from_the_next_request_of_an_open_session(client_for: Client) -> None:
    officer, coordinator = client_for("officer"), client_for("coordinator")
    assert officer.get("/east-test/cases").status_code == 200
    page = coordinator.get(f"{ISA}/withdraw").text
    assert "Test Constabulary, 4 people" in page
    assert coordinator.submit(f"{ISA}/withdraw").status_code == 303
    told = officer.get("/east-test/cases")
    assert told.status_code == 403
    assert "An agreement has to be signed first" in told.text


def test_ending_one_signature(client_for: Client, world: World) -> None:
    path = f"{ISA}/end/{world.agencies['police']}"
    officer = client_for("officer")
    assert officer.get(path).status_code == 404
    assert client_for("healthlead").get(path).status_code == 404, "another agency's"
    lead = client_for("policelead")
    assert "4 people lose access to every case at once" in lead.get(path).text
    assert lead.submit(path, {"reason": ""}).status_code == 422
    assert officer.get("/east-test/cases").status_code == 200
    assert lead.submit(path, {"reason": "The force leaves"}).status_code == 303
    assert officer.get("/east-test/cases").status_code == 403
    assert "The force leaves" in client_for("governance").get(ISA).text


def test_what_an_unsigned_agency_is_told(client_for: Client) -> None:
    for path, status in (("/east-test/cases", 403), ("/east-test/agreement-needed", 200), ("/east-test/actions", 403)):
        answer = client_for("nurse").get(path)
        assert answer.status_code == status
        for words in (
            "Information-sharing agreement, version 1",
            "Healthlead Tester",
            "mailto:healthlead@test.example",
            "mailto:coordinator@east.example",
            "What still works",
            "no case of East Test Partnership can be seen",
        ):
            assert words in answer.text, (path, words)
        assert "/sign" not in answer.text.split("<main")[1]
    assert f'href="{ISA}/sign"' in client_for("healthlead").get("/east-test/agreement-needed").text
    assert client_for("officer").get("/east-test/agreement-needed").status_code == 302


def test_the_page_names_the_author_or_the_set_up_file(app: Flask, client_for: Client, world: World) -> None:
    assert "Written by Coordinator Tester" in client_for("officer").get(ISA).text
    with app.app_context(), transaction():
        of_east = select(AgreementVersion).where(AgreementVersion.partnership_id == world.east)
        version = db.session.scalars(of_east.join(Agreement).where(Agreement.slug == "isa")).one()
        version.created_by = None
        audit.record(Event.AGREEMENT_CHANGED, version, by=audit.SYSTEM)
    assert "<li>Put in by the set-up file, " in client_for("officer").get(ISA).text


def test_a_coordinator_is_not_sent_to_herself(app: Flask, client_for: Client, world: World) -> None:
    with app.app_context(), transaction():
        theirs = Signature.agency_id == world.agencies["council"]
        signature = db.session.scalars(select(Signature).where(theirs)).one()
        operations.end_signature(signature, reason="The council leaves", by=world.viewer("governance"))
    shown = client_for("coordinator").get("/east-test/agreement-needed").text
    assert 'href="/east-test/people/invite">Invite somebody of' in shown
    assert "Ask the coordinator" not in shown
    assert "Whom to ask" not in shown
    asked = client_for("youth").get("/east-test/agreement-needed").text
    assert "Ask the coordinator to invite somebody" in asked
    assert "mailto:coordinator@east.example" in asked


def test_a_missing_case_tells_an_unsigned_agency_nothing(client_for: Client) -> None:
    nurse = client_for("nurse")
    assert nurse.get("/east-test/cases/EC-7QK4-M2").status_code == 403
    assert nurse.get("/east-test/cases/nonsense").status_code == 403


@on_both
def test_writing_publishing_and_fixing(app: Flask, client_for: Client, world: World) -> None:
    browser = client_for("coordinator")
    sent = {"title": "Data agreement", "slug": "data", "opens_cases": "no"}
    added = browser.submit("/east-test/agreements/new", sent)
    assert added.location == "/east-test/agreements/data/new-version"
    drafted = browser.submit(added.location, answers())
    assert drafted.location == "/east-test/agreements/data/1"
    assert client_for("officer").get(drafted.location).status_code == 404, "a draft is not everybody's"
    edit = browser.submit(f"{drafted.location}/edit", answers(text="Better words"))
    assert edit.status_code == 303
    parties = {"agencies": [str(world.agencies["police"])]}
    assert browser.submit(f"{drafted.location}/publish", parties).status_code == 303
    assert browser.get(f"{drafted.location}/edit").status_code == 404, "published words are fixed"
    with app.app_context():
        version = db.session.scalars(select(AgreementVersion).where(AgreementVersion.text == "Better words")).one()
        assert version.state is VersionState.PUBLISHED
        assert len(version.sha256) == 64
    assert "Better words" in client_for("officer").get(drafted.location).text


def test_dates_out_of_order_are_told_beside_the_field(client_for: Client) -> None:
    sent = answers() | boxes("ends_on", clock.today() - timedelta(days=3))
    answer = client_for("coordinator").submit("/east-test/agreements/isa/new-version", sent)
    assert answer.status_code == 422
    assert "Ends on must be after In force from" in answer.text
    assert "The words" in answer.text


def test_a_later_version_is_signed_by_a_day_still_to_come(app: Flask, client_for: Client, world: World) -> None:
    coordinator, yesterday = client_for("coordinator"), clock.today() - timedelta(days=1)
    sent = answers() | boxes("in_force_from", clock.today() - timedelta(days=9)) | boxes("sign_by", yesterday)
    answer = coordinator.submit("/east-test/agreements/isa/new-version", sent)
    assert answer.status_code == 422
    assert answer.text.count("Sign by must be today or later") == 2, "in the summary and beside the field"
    assert "The words" in answer.text
    drafted = coordinator.submit("/east-test/agreements/isa/new-version", answers() | boxes("sign_by", clock.today()))
    with app.app_context(), db.engine.begin() as connection:  # a draft that lay about until its day was over
        newest = (AgreementVersion.partnership_id == world.east) & (AgreementVersion.number == 2)
        connection.execute(update(AgreementVersion).where(newest).values(sign_by=yesterday))
    refused = coordinator.submit(f"{drafted.location}/publish", {"agencies": [str(world.agencies["police"])]})
    assert refused.status_code == 422
    assert "The day to sign by is over" in refused.text
    added = {"title": "On paper since long", "slug": "paper", "opens_cases": "no"}
    first = coordinator.submit(coordinator.submit("/east-test/agreements/new", added).location, sent)
    assert first.status_code == 303, "a first version may have been signed on paper"
    published = coordinator.submit(f"{first.location}/publish", {"agencies": [str(world.agencies["police"])]})
    assert published.status_code == 303
    lead = client_for("policelead")
    for path in ("/my-work", first.location, f"{first.location}/sign"):
        assert "1 day overdue" in lead.get(path).text, path


def test_the_file_is_a_form_of_its_own(
    app: Flask, client_for: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FileForm.file.kwargs, "max_bytes", 50_000)
    browser = client_for("coordinator")
    place = browser.submit("/east-test/agreements/isa/new-version", answers()).location
    for name, content in (
        ("isa.pdf", b"MZ this is no PDF"),
        ("isa.exe", PDF),
        ("isa.pdf", b"%PDF-" + b"0" * 50_001),
    ):
        sent = {"file": (io.BytesIO(content), name)}
        refused = browser.post(f"{place}/file/add", sent, content_type="multipart/form-data")
        assert refused.status_code == 422, name
    sent = {"file": (io.BytesIO(PDF), "../../ISA 2026.pdf")}
    assert browser.post(f"{place}/file/add", sent, content_type="multipart/form-data").status_code == 303
    answer = browser.get(f"{place}/file")
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "/" not in answer.headers["Content-Disposition"].split("filename=")[1]
    assert answer.mimetype == "application/pdf"
    assert client_for("officer").get(f"{place}/file").status_code == 404
    with app.app_context():
        last = db.session.scalars(select(AuditEvent.event).order_by(AuditEvent.id.desc())).all()
        assert Event.AGREEMENT_FILE_OPENED.code in last[:3]


def test_signing_twice_by_the_same_form_signs_once(app: Flask, client_for: Client, world: World) -> None:
    browser, once = client_for("healthlead"), str(uuid.uuid4())
    first = browser.post(f"{ISA}/sign/confirm", signature() | {"once": once})
    second = browser.post(f"{ISA}/sign/confirm", signature() | {"once": once})
    assert first.location == second.location == f"{ISA}/signed"
    third = browser.post(f"{ISA}/sign/confirm", signature())
    assert third.status_code == 409
    with app.app_context():
        rows = db.session.scalars(select(Signature).where(Signature.agency_id == world.agencies["health"])).all()
        assert len(rows) == 1
