"""Signing opens, ending and withdrawing close at once; each stands in the audit and in what is owed."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from psg import clock
from psg.agreements import operations, queries, reminding, showing
from psg.agreements.models import Agreement, AgreementVersion, Signature
from psg.agreements.rules import VersionState
from psg.audit.events import Event
from psg.audit.models import AuditEvent
from psg.db import DomainError, db, transaction
from psg.reminders.models import Delivery, Obligation
from tests.conftest import on_both
from tests.reminders.asking import still_owed
from tests.worlds import World

pytestmark = pytest.mark.usefixtures("context")


def version_of(world: World) -> AgreementVersion:
    return db.session.scalars(select(AgreementVersion).where(AgreementVersion.partnership_id == world.east)).one()


def opened(world: World, name: str) -> bool:
    return world.viewer(name).standings[world.east].agreement_signed


def last_event() -> str | None:
    return db.session.scalars(select(AuditEvent.event).order_by(AuditEvent.id.desc())).first()


def sign(world: World, version: AgreementVersion) -> Signature:
    with transaction(hold=(version,)):
        return operations.sign(
            version,
            agency_id=world.agencies["health"],
            name="H Lead",
            post="Director",
            authority="I am authorised to sign for Fen Health Trust.",
            by=world.viewer("healthlead"),
        )


@on_both
def test_signing_opens_at_once_and_settles_what_was_owed(world: World) -> None:
    version = version_of(world)
    party = next(p for p in queries.parties_of(version) if p.agency_id == world.agencies["health"])
    owed = db.session.scalars(select(Obligation).where(Obligation.record_id == party.id)).one()
    assert owed.path == "/east-test/agreements/isa/1"
    assert owed.settled_at is None
    assert not opened(world, "nurse")
    signature = sign(world, version)
    assert opened(world, "nurse")
    assert signature.sha256 == version.sha256 == operations.fingerprint(version.text, version.file)
    db.session.expire_all()
    assert db.session.scalars(select(Obligation).where(Obligation.record_id == party.id)).one().settled_at
    events = db.session.scalars(select(AuditEvent.event).order_by(AuditEvent.id.desc()).limit(2)).all()
    assert Event.AGREEMENT_SIGNED.code in events
    copy = db.session.scalars(select(Delivery).where(Delivery.kind == operations.SIGNED)).all()
    assert world.people["healthlead"].user_id in {mail.user_id for mail in copy}


def test_nobody_signs_twice_or_late(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    version = version_of(world)
    sign(world, version)
    with pytest.raises(DomainError, match="already signed"):
        sign(world, version)
    later = clock.now() + timedelta(days=401)
    monkeypatch.setattr(clock, "source", lambda: later)
    with pytest.raises(DomainError, match="has ended"):
        sign(world, version)


@on_both
def test_ending_a_signature_closes_at_once(world: World) -> None:
    signature = sign(world, version_of(world))
    with transaction(hold=(signature,)):
        operations.end_signature(signature, reason="Merged", by=world.viewer("governance"))
    assert not opened(world, "nurse")
    assert last_event() == Event.AGREEMENT_WITHDRAWN.code
    with pytest.raises(DomainError, match="already ended"), transaction():
        operations.end_signature(signature, reason="Again", by=world.viewer("governance"))
    sign(world, version_of(world))
    assert opened(world, "nurse"), "it may be signed anew"


@on_both
def test_withdrawing_closes_everybody(world: World) -> None:
    version = version_of(world)
    losing = dict(showing.losing_without(world.east, version.id))
    assert losing["Test Constabulary"] == 4
    assert "Fen Health Trust" not in losing
    with transaction(hold=(version,)):
        operations.withdraw_version(version, by=world.viewer("coordinator"))
    assert not any(opened(world, name) for name in ("officer", "coordinator", "chair", "landlord"))
    assert db.session.scalars(select(Obligation).where(Obligation.record_id == version.id)).one().settled_at
    with pytest.raises(DomainError, match="can no longer be signed"):
        sign(world, version)


def new_version(world: World, **dates: int) -> AgreementVersion:
    agreement = db.session.scalars(select(Agreement).where(Agreement.partnership_id == world.east)).one()
    today = clock.today()
    return operations.draft_version(
        agreement,
        text="Second words",
        purposes="One",
        in_force_from=today + timedelta(days=dates.get("start", 0)),
        sign_by=today + timedelta(days=dates.get("sign_by", 14)),
        review_on=today + timedelta(days=300),
        ends_on=today + timedelta(days=dates.get("end", 400)),
        by=world.viewer("coordinator"),
    )


def test_the_old_signature_counts_until_the_new_sign_by_date(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction():
        version = new_version(world)
        operations.publish_version(version, parties={world.agencies["police"]: None}, by=world.viewer("coordinator"))
    assert opened(world, "officer")
    start = clock.now()
    monkeypatch.setattr(clock, "source", lambda: start + timedelta(days=14))
    assert opened(world, "officer")
    monkeypatch.setattr(clock, "source", lambda: start + timedelta(days=15))
    assert not opened(world, "officer")


@on_both
def test_the_database_and_the_rule_agree_on_every_date(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction():
        version = new_version(world)
        operations.publish_version(version, parties={world.agencies["police"]: None}, by=world.viewer("coordinator"))
    start, seen = clock.now(), set()
    for days in (-401, -400, -1, 0, 13, 14, 15, 16, 399, 400, 401):
        moment = start + timedelta(days=days)
        monkeypatch.setattr(clock, "source", lambda moment=moment: moment)
        by_rule = queries.signed_agencies([world.east]).get(world.east, set())
        for name in ("officer", "coordinator", "landlord", "nurse"):
            place = world.viewer(name).standings[world.east]
            assert place.agreement_signed is (place.agency_id in by_rule), (days, name)
            seen.add(place.agreement_signed)
    assert seen == {True, False}


def test_a_newer_version_ends_what_was_owed_for_the_older(world: World) -> None:
    older = version_of(world)
    owed = select(Obligation.record_id).where(Obligation.settled_at.is_(None), Obligation.kind.startswith("agreement"))
    parties = {party.id for party in queries.parties_of(older)}
    assert older.id in set(db.session.scalars(owed))
    with transaction():
        version = new_version(world)
        operations.publish_version(version, parties={world.agencies["police"]: None}, by=world.viewer("coordinator"))
    left = set(db.session.scalars(owed))
    assert version.id in left
    assert not left & {older.id, *parties}


def test_what_was_still_owed_for_a_followed_version_is_sent_to_nobody(world: World) -> None:
    older = version_of(world)
    party = next(p for p in queries.parties_of(older) if p.agency_id == world.agencies["health"])
    owed = list(db.session.scalars(select(Obligation).where(Obligation.record_id.in_((older.id, party.id)))))
    review, to_sign = (next(one for one in owed if one.record_id == id_) for id_ in (older.id, party.id))
    asked = (
        (reminding.AGREEMENT_REVIEW, world.viewer("coordinator"), review),
        (reminding.AGREEMENT_TO_SIGN, world.viewer("healthlead"), to_sign),
    )
    assert all(still_owed(kind, viewer, [one]) == {one.id} for kind, viewer, one in asked)
    with transaction():
        version = new_version(world)
        operations.publish_version(version, parties={world.agencies["police"]: None}, by=world.viewer("coordinator"))
    for kind, viewer, one in asked:
        assert still_owed(kind, viewer, [one]) == set(), one.kind


@on_both
def test_a_followed_version_lets_nobody_in_whom_the_newer_one_leaves_out(world: World) -> None:
    older = version_of(world)
    with transaction():
        newer = new_version(world)
        operations.publish_version(newer, parties={world.agencies["police"]: None}, by=world.viewer("coordinator"))
    with pytest.raises(DomainError, match="can no longer be signed"):
        sign(world, older)
    assert not opened(world, "nurse")
    with transaction(hold=(newer,)):
        operations.withdraw_version(newer, by=world.viewer("coordinator"))
    sign(world, older)
    assert opened(world, "nurse")


@on_both
def test_when_the_newer_version_is_withdrawn_the_older_stands_again(world: World) -> None:
    older = version_of(world)
    owed = select(Obligation.record_id).where(Obligation.settled_at.is_(None), Obligation.kind.startswith("agreement"))
    before = set(db.session.scalars(owed))
    unsigned = {p.id for p in queries.parties_of(older) if p.agency_id == world.agencies["health"]}
    assert before >= {older.id, *unsigned}
    with transaction():
        version = new_version(world)
        operations.publish_version(version, parties={world.agencies["police"]: None}, by=world.viewer("coordinator"))
    with transaction(hold=(version,)):
        operations.withdraw_version(version, by=world.viewer("coordinator"))
    assert set(db.session.scalars(owed)) == before, "its review, and the signatures that it had not got"


def test_a_draft_opens_nothing_and_a_published_one_is_fixed(world: World) -> None:
    with transaction():
        version = new_version(world)
    assert opened(world, "officer")
    with transaction():
        operations.publish_version(version, parties={world.agencies["police"]: None}, by=world.viewer("coordinator"))
    with pytest.raises(DomainError, match="cannot be changed"), transaction():
        operations.change_draft(version, by=world.viewer("coordinator"), text="Other words")
    assert version.state is VersionState.PUBLISHED


def test_dates_that_do_not_follow_are_refused(world: World) -> None:
    with pytest.raises(DomainError, match="last day"), transaction():
        new_version(world, start=10, end=5)


def test_nothing_is_published_without_words_or_parties(world: World) -> None:
    with transaction():
        version = new_version(world)
    with pytest.raises(DomainError, match="Select the agencies"), transaction():
        operations.publish_version(version, parties={}, by=world.viewer("coordinator"))
    with transaction():
        operations.change_draft(version, by=world.viewer("coordinator"), text="")
    with pytest.raises(DomainError, match="Enter the text"), transaction():
        operations.publish_version(version, parties={world.agencies["police"]: None}, by=world.viewer("coordinator"))


@pytest.mark.parametrize("content", [b"", b"MZ\x90", b"%PDF-1.7 but no end", b"<html>%%EOF", b" %PDF-1.4\n%%EOF"])
def test_only_a_pdf_by_its_content(world: World, content: bytes) -> None:
    with transaction():
        version = new_version(world)
    with pytest.raises(DomainError, match="not a PDF"), transaction():
        operations.set_file(version, name="a.pdf", content=content, by=world.viewer("coordinator"))


def test_reminders_go_only_to_those_who_may_still_sign(world: World) -> None:
    version = version_of(world)
    party = next(p for p in queries.parties_of(version) if p.agency_id == world.agencies["health"])
    owed = db.session.scalars(select(Obligation).where(Obligation.record_id == party.id)).all()
    wanted: Callable[[str], set[uuid.UUID]] = lambda name: set(  # noqa: E731 - said once, used three times
        still_owed(reminding.AGREEMENT_TO_SIGN, world.viewer(name), owed)
    )
    assert wanted("healthlead") == {owed[0].id}
    assert wanted("policelead") == set()
    assert wanted("nurse") == set()
    line = reminding.AGREEMENT_TO_SIGN.line(owed[0], clock.today())
    assert "version 1 of the agreement to sign, by" in line
    again = reminding.AGREEMENT_TO_SIGN.next_after(owed[0], clock.today())
    assert again is not None
    assert again > clock.today()
    sign(world, version)
    assert wanted("healthlead") == set()


def test_reviews_are_spoken_of_before_and_after(world: World) -> None:
    version = version_of(world)
    owed = db.session.scalars(select(Obligation).where(Obligation.record_id == version.id)).all()
    assert owed[0].next_on == version.review_on - timedelta(days=60)
    review = reminding.AGREEMENT_REVIEW
    assert still_owed(review, world.viewer("coordinator"), owed) == {owed[0].id}
    assert still_owed(review, world.viewer("officer"), owed) == set()
    assert review.next_after(owed[0], version.review_on - timedelta(days=60)) == version.review_on - timedelta(days=30)
    assert review.next_after(owed[0], version.review_on) == version.review_on + timedelta(days=30)
    assert "review of the agreement, due" in review.line(owed[0], clock.today())


def test_the_signatorys_copy_holds_the_fingerprint_and_no_text(world: World) -> None:
    signature = sign(world, version_of(world))
    mail = db.session.scalars(
        select(Delivery).where(
            Delivery.kind == operations.SIGNED, Delivery.user_id == world.people["healthlead"].user_id
        )
    ).one()
    viewer = world.viewer("healthlead")
    assert reminding.AGREEMENT_SIGNED.wanted(viewer, mail)
    message = reminding.AGREEMENT_SIGNED.render(viewer, mail)
    assert signature.sha256 in str(message.paragraphs)
    assert "We share what is needed" not in str(message.paragraphs)
    assert message.link == "/east-test/agreements/isa/1"
