"""The builder: never loses or repeats a case, keeps the chair's order, says why."""

import uuid
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from psg.meetings.agenda import Slot, Stored, build, moved, moved_to
from psg.meetings.reasons import LiveCase, Point, reasons_for, sentence, why_here, why_left_off
from psg.meetings.rules import CASE_SECTIONS, ItemState, Section

unhurried = settings(deadline=None)  # other tests run on the same cores
MEETING = Point(date(2026, 12, 8), date(2026, 11, 10))
AGENCY = uuid.UUID(int=7)
SLOTS = [
    Slot(section=Section.TEXT, title="Welcome", minutes=3),
    Slot(section=Section.NEW_REFERRALS, title="New referrals", minutes=5),
    Slot(section=Section.OPEN_PEOPLE, title="People", minutes=6),
    Slot(section=Section.OPEN_PLACES, title="Places", minutes=6),
    Slot(section=Section.CLOSURE, title="Closure", minutes=3),
    Slot(section=Section.TEXT, title="Next dates", minutes=5),
]


def live(number: int, **facts) -> LiveCase:
    given = {"waiting": False, "about_person": True, "about_place": False, "referrer_agency_id": AGENCY} | facts
    return LiveCase(case_id=uuid.UUID(int=number), reference=f"EC-{number:04}", **given)


def placed(number: int, position: int, section: Section = Section.OPEN_PEOPLE, **more) -> Stored:
    given = {"minutes": 5, "state": ItemState.ON} | more
    return Stored(
        item_id=uuid.UUID(int=1000 + number),
        case_id=uuid.UUID(int=number),
        section=section,
        position=position,
        **given,
    )


def due(number: int, **facts) -> LiveCase:
    return live(number, **({"review_on": date(2026, 12, 1)} | facts))


def numbers(agenda) -> dict[str, str]:
    return {line.number: line.case.reference for line in agenda.lines}


def test_each_reason_is_one_sentence():
    cases = {
        "new referral, sent 2 Nov by Police": live(1, waiting=True, sent_on=date(2026, 11, 2)),
        "review due 1 Dec": due(2),
        "3 actions are overdue (Police)": live(3, overdue={AGENCY: 3}),
        "1 action is overdue (Police)": live(3, overdue={AGENCY: 1}),
        "risk went up on 11 Nov": live(4, risk_rose_on=date(2026, 11, 11)),
        "carried over from 10 Nov, not reached": live(5, carried="not-reached", carried_from=date(2026, 11, 10)),
        "carried over from 10 Nov, deferred": live(5, carried="deferred", carried_from=date(2026, 11, 10)),
        "parked from 10 Nov until now": live(5, carried="parked", carried_from=date(2026, 11, 10)),
        "asked for by Police": live(6, asked_by=(AGENCY,)),
        "proposed for closure": live(7, closure_proposed=True),
    }
    for words, case in cases.items():
        said = why_here(reasons_for(case, MEETING), day=lambda d: f"{d.day} {d:%b}", agency=lambda _: "Police")
        assert said == words


def test_risk_that_rose_before_the_last_meeting_is_no_reason():
    assert not reasons_for(live(1, risk_rose_on=date(2026, 11, 9)), MEETING)
    assert reasons_for(live(1, risk_rose_on=date(2026, 11, 9)), Point(MEETING.held_on))


def test_a_case_accepted_since_the_last_meeting_is_talked_about_at_the_next():
    between = live(1, accepted_on=date(2026, 11, 22), review_on=date(2027, 2, 5))
    (why,) = reasons_for(between, MEETING)
    assert sentence(why, day=str, agency=str) == "accepted 2026-11-22, not talked about yet"
    assert reasons_for(between, Point(MEETING.held_on))
    assert not reasons_for(between, Point(date(2027, 1, 12), last_held_on=MEETING.held_on))


def test_a_review_after_the_meeting_leaves_the_case_off_and_says_so():
    agenda = build(SLOTS, [], [live(1, review_on=date(2027, 1, 12))], MEETING)
    assert not agenda.lines
    (aside,) = agenda.left_off
    assert why_left_off(aside.case, aside.off_reason, day=str) == "review not due until 2027-01-12"


def test_sections_bands_and_reviews_give_the_natural_order():
    cases = [
        due(1, band_rank=1),
        due(2, band_rank=3),
        due(3, band_rank=3, review_on=date(2026, 11, 20)),
        due(4, about_person=False, about_place=True),
        due(5, about_place=True),
        live(6, waiting=True, sent_on=date(2026, 11, 2)),
        due(7, closure_proposed=True),
    ]
    assert numbers(build(SLOTS, [], cases, MEETING)) == {
        "2.1": "EC-0006",
        "3.1": "EC-0003",
        "3.2": "EC-0002",
        "3.3": "EC-0001",
        "3.4": "EC-0005",
        "4.1": "EC-0004",
        "5.1": "EC-0007",
    }


def test_ties_go_by_the_moment_of_sending_then_by_reference_whatever_order_they_come_in():
    at = datetime(2026, 11, 2, 9, tzinfo=UTC)
    cases = [
        due(4, sent_at=at),
        due(3, sent_at=at),
        due(1, sent_at=at + timedelta(minutes=1)),
        due(2, sent_at=at - timedelta(seconds=1)),
        due(5),
    ]
    wanted = ["EC-0002", "EC-0003", "EC-0004", "EC-0001", "EC-0005"]
    for shuffled in (cases, cases[::-1], cases[2:] + cases[:2]):
        assert [line.case.reference for line in build(SLOTS, [], shuffled, MEETING).lines] == wanted


def test_what_could_be_added_stands_by_review_date_and_what_was_taken_off_apart():
    cases = [
        live(1, review_on=date(2027, 3, 1), band_rank=4),
        live(2),
        live(3, review_on=date(2027, 1, 5)),
        due(4),
        due(5, review_on=date(2026, 11, 3)),
    ]
    stored = [placed(n, 1, state=ItemState.OFF, off_reason="no-time") for n in (4, 5)]
    agenda = build(SLOTS, stored, cases, MEETING)
    assert [aside.reference for aside in agenda.could_be_added] == ["EC-0003", "EC-0001", "EC-0002"]
    assert [aside.reference for aside in agenda.taken_off] == ["EC-0005", "EC-0004"]
    assert len(agenda.left_off) == len(agenda.could_be_added) + len(agenda.taken_off)


def test_parked_cases_stand_by_their_date():
    until = {uuid.UUID(int=n): date(2027, month, 1) for n, month in ((1, 4), (2, 2), (3, 3))}
    agenda = build(SLOTS, [], [due(n) for n in (1, 2, 3)], MEETING, parked=until)
    assert [aside.reference for aside in agenda.parked] == ["EC-0002", "EC-0003", "EC-0001"]


def test_the_chairs_order_is_kept_and_a_new_case_stands_at_its_place_marked_new():
    cases = [due(1, band_rank=1), due(2, band_rank=4), due(3, band_rank=3)]
    stored = [
        placed(1, 1, reasons=reasons_for(cases[0], MEETING)),
        placed(2, 2, reasons=reasons_for(cases[1], MEETING)),
    ]
    agenda = build(SLOTS, stored, cases, MEETING)
    assert numbers(agenda) == {"3.1": "EC-0003", "3.2": "EC-0001", "3.3": "EC-0002"}
    assert [line.new for line in agenda.lines] == [True, False, False]
    assert [(change.kind, change.reference) for change in agenda.changes] == [("new", "EC-0003")]


def test_nothing_is_new_before_the_chair_has_arranged_anything():
    asked = placed(1, 0, reasons=({"code": "asked-for", "agency": str(AGENCY)},))
    agenda = build(SLOTS, [asked], [live(1, asked_by=(AGENCY,)), due(2)], MEETING)
    assert len(agenda.lines) == 2
    assert not agenda.changes


def test_a_case_taken_off_stays_off_with_its_reason_and_news_about_it_is_shown():
    case = due(1, risk_rose_on=date(2026, 12, 1))
    off = placed(1, 1, state=ItemState.OFF, off_reason="waits-for-court", reasons=reasons_for(due(1), MEETING))
    agenda = build(SLOTS, [off], [case], MEETING)
    assert not agenda.lines
    assert why_left_off(agenda.left_off[0].case, "waits-for-court", day=str).startswith("taken off: waits for a court")
    assert [why["code"] for why in agenda.changes[0].added] == ["risk-rise"]


def test_a_case_that_was_closed_since_comes_off_and_is_named():
    agenda = build(SLOTS, [placed(1, 1)], [], MEETING, gone={uuid.UUID(int=1): ("EC-0001", "closed")})
    assert not agenda.lines
    assert agenda.left_off[0].off_reason == "closed"
    assert agenda.changes[0].kind == "gone"


def test_a_parked_case_waits_for_its_date_unless_it_becomes_pressing():
    until = {uuid.UUID(int=1): date(2027, 2, 1)}
    assert build(SLOTS, [], [due(1)], MEETING, parked=until).parked[0].until == date(2027, 2, 1)
    pressing = due(1, risk_rose_on=date(2026, 12, 1))
    assert build(SLOTS, [], [pressing], MEETING, parked=until).lines


def test_a_section_that_cases_need_and_the_group_lacks_is_added_before_the_end():
    slots = [slot for slot in SLOTS if slot.section is not Section.CLOSURE]
    agenda = build(slots, [], [due(1, closure_proposed=True)], MEETING)
    assert [part.slot.section for part in agenda.parts][-2:] == [Section.CLOSURE, Section.TEXT]
    assert agenda.lines[0].number == "5.1"


def test_minutes_add_up():
    agenda = build(SLOTS, [placed(1, 1, minutes=20)], [due(1), due(2)], MEETING)
    assert agenda.minutes == 3 + 20 + 6 + 5


def test_moving_up_down_and_to():
    agenda = build(SLOTS, [], [due(n, review_on=date(2026, 11, n)) for n in (1, 2, 3)], MEETING)
    one, two, three = (uuid.UUID(int=n) for n in (1, 2, 3))
    assert moved(agenda, three, -1)[Section.OPEN_PEOPLE] == [one, three, two]
    assert moved(agenda, one, -1)[Section.OPEN_PEOPLE] == [one, two, three]
    assert moved(agenda, one, 1)[Section.OPEN_PEOPLE] == [two, one, three]
    there = moved_to(agenda, one, Section.OPEN_PLACES, 99)
    assert there[Section.OPEN_PEOPLE] == [two, three]
    assert there[Section.OPEN_PLACES] == [one]


days = st.one_of(st.none(), st.dates(date(2026, 9, 1), date(2027, 3, 1)))
some_cases = st.builds(
    lambda number, **facts: live(number, **facts),
    st.integers(1, 12),
    waiting=st.booleans(),
    about_person=st.booleans(),
    about_place=st.booleans(),
    review_on=days,
    band_rank=st.integers(0, 4),
    risk_rose_on=days,
    closure_proposed=st.booleans(),
    overdue=st.dictionaries(st.just(AGENCY), st.integers(1, 3)),
    carried=st.sampled_from(["", "deferred", "not-reached"]),
)
rows = st.builds(
    lambda number, position, section, state, off, until: placed(
        number, position, section, state=state, off_reason=off, parked_until=until
    ),
    st.integers(1, 12),
    st.integers(0, 20),
    st.sampled_from(CASE_SECTIONS),
    st.sampled_from(list(ItemState)),
    st.sampled_from(["", "no-time"]),
    days,
)


def unique(things, key):
    return list({key(thing): thing for thing in things}.values())


@unhurried
@given(
    st.lists(some_cases),
    st.lists(rows),
    st.sets(st.sampled_from(CASE_SECTIONS)),
    st.dictionaries(st.integers(1, 12), st.dates(date(2026, 12, 1), date(2027, 3, 1))),
)
def test_every_case_is_in_exactly_one_place(cases, stored, sections, parked):
    cases = unique(cases, lambda case: case.case_id)
    stored = unique(stored, lambda row: row.case_id)
    slots = [slot for slot in SLOTS if slot.section in sections or slot.section is Section.TEXT]
    agenda = build(slots, stored, cases, MEETING, parked={uuid.UUID(int=n): day for n, day in parked.items()})
    everywhere = [line.case_id for line in agenda.lines]
    everywhere += [aside.case_id for aside in (*agenda.left_off, *agenda.parked)]
    assert sorted(everywhere) == sorted(case.case_id for case in cases)

    # Numbers count from 1 without a gap, in every section.
    for place, part in enumerate(agenda.parts, start=1):
        assert part.number == str(place)
        assert [line.number for line in part.lines] == [f"{place}.{n}" for n in range(1, len(part.lines) + 1)]

    # The chair's order is kept, whatever came in between.
    for part in agenda.parts:
        positions = [
            (line.stored.position, line.case.reference) for line in part.lines if line.stored and line.stored.placed
        ]
        assert positions == sorted(positions)


@unhurried
@given(st.lists(some_cases, min_size=1), st.lists(rows), st.data())
def test_moving_loses_and_repeats_nothing(cases, stored, data):
    cases = unique(cases, lambda case: case.case_id)
    agenda = build(SLOTS, unique(stored, lambda row: row.case_id), cases, MEETING)
    if not agenda.lines:
        return
    case_id = data.draw(st.sampled_from([line.case_id for line in agenda.lines]))
    before = sorted(line.case_id for line in agenda.lines)
    for order in (
        moved(agenda, case_id, data.draw(st.sampled_from([-1, 1]))),
        moved_to(agenda, case_id, data.draw(st.sampled_from(CASE_SECTIONS)), data.draw(st.integers(1, 30))),
    ):
        assert sorted(one for ids in order.values() for one in ids) == before


@unhurried
@given(st.lists(some_cases))
def test_storing_the_order_changes_nothing(cases):
    cases = unique(cases, lambda case: case.case_id)
    first = build(SLOTS, [], cases, MEETING)
    stored = [
        placed(
            line.case_id.int,
            int(line.number.split(".")[1]),
            line.section,
            minutes=line.minutes,
            reasons=line.reasons,
        )
        for line in first.lines
    ]
    second = build(SLOTS, stored, cases, MEETING)
    assert numbers(first) == numbers(second)
    assert not second.changes
