"""The sweep: what is due becomes digests and messages, once."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from psg import clock
from psg.db import db, transaction
from psg.reminders import draining, kinds, operations, sweeping
from psg.reminders.models import DeliveryLine, Obligation
from psg.reminders.rules import DeliveryState
from psg.reminders.sweeping import holders_of, sweep
from tests.reminders import small

FRIDAY = date(2026, 11, 27)


def lines() -> int:
    count = db.session.scalar(select(func.count()).select_from(DeliveryLine)) or 0
    db.session.commit()
    return count


def next_date(obligation: Obligation) -> date | None:
    found = db.session.scalar(select(Obligation.next_on).where(Obligation.id == obligation.id))
    db.session.commit()
    return found


def test_one_digest_per_person_however_much_is_due(app: Flask) -> None:
    place, (priya, sam) = small.partnership(), small.people(2)
    for days in (-3, 0, 1):
        small.owe(place, FRIDAY + timedelta(days=days), user_id=priya)
    small.owe(place, FRIDAY, user_id=sam)
    small.owe(place, FRIDAY + timedelta(days=3), user_id=sam)  # Monday's turn
    assert sweep() == 4
    assert [(delivery.kind, delivery.key) for delivery in small.deliveries()] == [("digest", "2026-11-27")] * 2
    assert lines() == 4


def test_a_second_sweep_changes_nothing(app: Flask) -> None:
    owed = small.owe(small.partnership(), FRIDAY, user_id=small.people(1)[0])
    sweep()
    before = (len(small.deliveries()), lines(), next_date(owed))
    assert sweep() == 0
    assert (len(small.deliveries()), lines(), next_date(owed)) == before


def test_two_sweeps_at_once_make_one_digest_each(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "_BATCH", 20)
    place, people = small.partnership(), small.people(10)
    for number in range(100):
        small.owe(place, FRIDAY, user_id=people[number % 10])
    told: list[int] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            with app.app_context():
                told.append(sweep())
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    told.append(sweep())
    assert sum(told) == 100
    assert len(small.deliveries()) == 10
    assert lines() == 100


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 28, 12, 0, tzinfo=UTC),  # Saturday
        datetime(2026, 12, 28, 12, 0, tzinfo=UTC),  # Boxing Day, made up for
        datetime(2026, 11, 27, 7, 29, tzinfo=UTC),  # before half past seven
        datetime(2026, 7, 3, 6, 29, tzinfo=UTC),  # before half past seven, in summer
    ],
)
def test_quiet_on_weekends_bank_holidays_and_before_the_digest_time(app: Flask, moment: datetime) -> None:
    small.set_clock(moment)
    small.owe(small.partnership(), date(2026, 1, 5), user_id=small.people(1)[0])
    assert sweep() == 0
    assert small.deliveries() == []


def test_in_summer_half_past_seven_comes_an_hour_earlier(app: Flask) -> None:
    small.set_clock(datetime(2026, 7, 3, 6, 30, tzinfo=UTC))
    small.owe(small.partnership(), date(2026, 7, 3), user_id=small.people(1)[0])
    assert sweep() == 1


def test_a_digest_waits_for_the_later_of_two_partnerships(app: Flask) -> None:
    early, late, (priya,) = small.partnership(), small.partnership("cambridge", "CC"), small.people(1)
    small.TIMES[late] = "10:15"
    for place in (early, late):
        small.owe(place, FRIDAY, user_id=priya)
    sweep()
    (delivery,) = small.deliveries()
    assert clock.now() < delivery.next_try_at
    assert delivery.next_try_at == datetime(2026, 11, 27, 10, 15, tzinfo=UTC)
    assert lines() == 2


def test_what_comes_after_the_digest_was_claimed_waits_for_the_next_one(app: Flask) -> None:
    place, (priya,) = small.partnership(), small.people(1)
    small.owe(place, FRIDAY, user_id=priya)
    sweep()
    (delivery,) = small.deliveries()
    with transaction(hold=(delivery,)):
        delivery.state, delivery.attempts = DeliveryState.SENDING, 1
    late = small.owe(place, FRIDAY, user_id=priya)
    sweep()
    assert lines() == 1
    assert next_date(late) == date(2026, 11, 30)
    small.set_clock(datetime(2026, 11, 30, 9, 0, tzinfo=UTC))
    sweep()
    assert {delivery.key for delivery in small.deliveries()} == {"2026-11-27", "2026-11-30"}
    assert lines() == 2


def test_a_scheduler_that_slept_for_a_week_tells_once(app: Flask) -> None:
    owed = small.owe(small.partnership(), date(2026, 11, 18), user_id=small.people(1)[0])
    sweep()
    assert len(small.deliveries()) == 1
    assert next_date(owed) == date(2026, 12, 3)  # a week after the day after it was due, and again a week


def test_an_agencys_action_goes_to_its_members_of_the_group_else_to_its_lead(app: Flask) -> None:
    place, (member, lead) = small.partnership(), small.people(2)
    small.HOLDERS["agency-lead"] = [lead]
    with transaction():
        operations.owe(
            operations.Owed(
                partnership_id=place, kind="action-due", record_id=place, due_on=FRIDAY, next_on=FRIDAY, group_id=place
            )
        )
    sweep()
    assert small.deliveries() == []  # nobody's: nobody is told, and nothing is stuck

    obligation = Obligation(partnership_id=place, group_id=place, agency_id=place, role="")
    assert holders_of(obligation) == [lead]
    small.HOLDERS["practitioner"] = [member]
    assert holders_of(obligation) == [member]


def test_a_meeting_is_told_in_a_message_of_its_own_to_each(app: Flask) -> None:
    place, people = small.partnership(), small.people(3)
    small.HOLDERS["practitioner"] = people
    owed = small.owe(place, date(2026, 11, 30), next_on=FRIDAY, kind="meeting-tomorrow", role="practitioner")
    sweep()
    sweep()
    found = small.deliveries()
    assert {delivery.kind for delivery in found} == {"meeting-tomorrow"}
    assert {delivery.user_id for delivery in found} == set(people)
    assert next_date(owed) is None


def test_settled_and_rescheduled(app: Flask) -> None:
    place, (priya,) = small.partnership(), small.people(1)
    done, moved = small.owe(place, FRIDAY, user_id=priya), small.owe(place, FRIDAY, user_id=priya)
    with transaction():
        operations.settle(partnership_id=place, record_id=done.record_id)
        operations.reschedule(
            partnership_id=place,
            record_id=moved.record_id,
            kind="action-due",
            due_on=date(2026, 12, 18),
            next_on=date(2026, 12, 11),
        )
    assert sweep() == 0
    assert (next_date(done), next_date(moved)) == (None, date(2026, 12, 11))


def test_owing_the_same_again_replaces_and_reopens(app: Flask) -> None:
    place, (priya,) = small.partnership(), small.people(1)
    first = small.owe(place, FRIDAY, user_id=priya)
    with transaction():
        operations.settle(partnership_id=place, record_id=first.record_id)
    with transaction():
        operations.owe(
            operations.Owed(
                partnership_id=place,
                kind="action-due",
                record_id=first.record_id,
                user_id=priya,
                due_on=date(2026, 12, 18),
                next_on=FRIDAY,
            )
        )
    (again,) = operations.owed(place, first.record_id)
    assert again.id == first.id
    assert (again.due_on, again.settled_at) == (date(2026, 12, 18), None)
    assert sweep() == 1


def test_a_kind_nobody_knows_holds_up_nothing(app: Flask) -> None:
    place, (priya,) = small.partnership(), small.people(1)
    unknown = small.owe(place, FRIDAY, user_id=priya, kind="from-the-future")
    small.owe(place, FRIDAY, user_id=priya)
    assert sweep() == 2
    assert next_date(unknown) == date(2026, 11, 30)


def test_two_kinds_under_one_code_are_a_mistake(app: Flask) -> None:
    kinds.register(small.ACTION, small.ACTION)
    with pytest.raises(ValueError, match="action-due"):
        kinds.register(
            kinds.ObligationKind("action-due", kinds.due_line, lambda *_: None, kinds.themselves, lambda *_: False)
        )


@pytest.mark.parametrize("database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_what_is_due_is_found_by_the_partial_indexes(app: Flask) -> None:
    """So a sweep among a million obligations costs what is due, and a drain what is still to go."""
    with transaction():
        db.session.execute(text("set local enable_seqscan = off"))
        for statement, index in (
            ("select id from obligations where next_on is not null and next_on < '2026-11-30'", "ix_obligations_next"),
            (f"select id from deliveries where {draining.IN_PLAY} and next_try_at <= now()", "ix_deliveries_due"),
        ):
            plan = "\n".join(row[0] for row in db.session.execute(text(f"explain {statement}")))
            assert index in plan
