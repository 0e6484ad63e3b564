from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Date, Integer, MetaData, Table, create_engine, select

from psg.web import paging, words


@pytest.fixture(autouse=True)
def sunday_22_november() -> Iterator[None]:
    with time_machine.travel("2026-11-22 09:00:00+00:00", tick=False):
        yield


def test_dates() -> None:
    assert words.long_date(date(2026, 12, 8)) == "Tuesday 8 December"
    assert words.long_date(date(2026, 3, 9)) == "9 March"
    assert words.long_date(date(2025, 3, 9)) == "9 March 2025"
    assert words.long_date(date(2027, 1, 12)) == "Tuesday 12 January 2027"
    assert words.long_date(date(2027, 2, 9)) == "9 February 2027"
    assert words.meeting_date(date(2027, 2, 9)) == "Tuesday 9 February 2027"
    assert words.meeting_date(date(2026, 3, 9)) == "Monday 9 March"
    assert words.meeting_date(None) == ""
    assert words.short_date(date(2026, 11, 9)) == "9 Nov 2026"
    assert words.full_date(date(2026, 11, 9)) == "9 November 2026"
    assert words.date_span(date(2026, 10, 6), date(2026, 11, 9)) == "6 October to 9 November"
    assert words.date_span(date(2025, 10, 6), date(2026, 11, 9)) == "6 October 2025 to 9 November 2026"


def test_times_are_local() -> None:
    assert words.time_of_day(datetime(2026, 7, 1, 9, 30, tzinfo=UTC)) == "10:30am"
    assert words.time_of_day(datetime(2026, 1, 1, 10, 0, tzinfo=UTC)) == "10am"
    assert words.time_of_day(time(12, 0)) == "midday"
    assert words.time_of_day(time(0, 0)) == "midnight"
    assert words.time_of_day(time(0, 5)) == "12:05am"
    assert words.time_of_day(time(13, 5)) == "1:05pm"
    assert words.short_date(datetime(2026, 7, 1, 23, 30, tzinfo=UTC)) == "2 Jul 2026"


def test_counts() -> None:
    assert words.days_overdue(date(2026, 11, 19)) == "3 days overdue"
    assert words.days_overdue(date(2026, 11, 21)) == "1 day overdue"
    assert words.days_overdue(date(2026, 11, 22)) == ""
    assert words.ago_days(date(2026, 11, 21)) == "yesterday"
    assert words.ago_days(date(2026, 11, 25)) == "in 3 days"
    assert words.plural(1, "case") == "1 case"
    assert words.plural(1250, "case") == "1,250 cases"
    assert words.plural(2, "person", "people") == "2 people"
    assert words.join_and(["Police"]) == "Police"
    assert words.join_and(["Police", "Housing", "Health"]) == "Police, Housing and Health"


def test_hidden_direction_marks_are_seen() -> None:
    shown = str(words.marks("<b>\u202egpj.exe"))
    assert "\u202e" not in shown
    assert ">RLO</span>gpj.exe" in shown
    assert shown.startswith("&lt;b&gt;")
    assert str(words.marks(words.reference("ec7qk4m2"))).startswith("<span")


def test_paragraphs() -> None:
    assert str(words.paragraphs("one\ntwo\n\n<three>")) == (
        '<p class="govuk-body">one<br>\ntwo</p>\n<p class="govuk-body">&lt;three&gt;</p>'
    )


KINDS = (date, int, UUID)
KEY = (date(2026, 11, 9), 7, UUID(int=5))


def test_a_cursor_comes_back() -> None:
    for backwards in (False, True):
        cursor = paging.Cursor(KEY, backwards)
        assert paging.decode(cursor.encode(), KINDS) == cursor


@given(st.text(max_size=80))
def test_a_spoilt_cursor_is_the_first_page(text: str) -> None:
    assert paging.decode(text, KINDS) is None


@pytest.mark.parametrize("kinds", [(date,), (int, int, UUID), (date, int, UUID, int)])
def test_a_cursor_of_another_list_is_the_first_page(kinds: tuple[type, ...]) -> None:
    assert paging.decode(paging.Cursor(KEY).encode(), kinds) is None


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (int, 2**40),
        (int, -(2**31) - 1),
        (int, True),
        (str, "a\x00"),
        (str, "\ud800"),
        (datetime, "0001-01-01T00:00:00+14:00"),
        (datetime, "9999-12-31T23:59:59-14:00"),
        (datetime, "2026-11-09T09:00:00"),
        (date, "10000-01-01"),
    ],
)
def test_a_cursor_beyond_what_a_database_holds_is_the_first_page(kind: type, value: Any) -> None:
    packed = base64.urlsafe_b64encode(json.dumps([0, value]).encode()).decode()
    assert paging.decode(packed.rstrip("="), (kind,)) is None


def test_a_moment_of_any_zone_comes_back_as_the_same_moment() -> None:
    moment = datetime(2026, 7, 1, 10, 30, tzinfo=timezone(timedelta(hours=1)))
    cursor = paging.decode(paging.Cursor((moment,)).encode(), (datetime,))
    assert cursor is not None
    assert cursor.values == (moment,)
    assert str(cursor.values[0]) == "2026-07-01 09:30:00+00:00"


def test_pages_walk_there_and_back() -> None:
    table = Table("t", MetaData(), Column("due", Date), Column("id", Integer))
    engine = create_engine("sqlite://")
    table.metadata.create_all(engine)
    rows = [(date(2026, 1, 1 + number // 4), number) for number in range(10)]
    keys = [table.c.due, table.c.id]
    down = [True, False]
    with engine.begin() as connection:
        connection.execute(table.insert(), [{"due": due, "id": number} for due, number in rows])

        def fetch(text: str) -> paging.Page[tuple[date, int]]:
            cursor = paging.decode(text, (date, int))
            query = select(*keys).order_by(*paging.order(keys, cursor, down)).limit(4)
            if cursor:
                query = query.where(paging.condition(keys, cursor, down))
            found = [(row[0], row[1]) for row in connection.execute(query)]
            return paging.page(found, 3, lambda row: row, cursor)

        expected = sorted(rows, key=lambda row: (-row[0].toordinal(), row[1]))
        page = fetch("")
        assert page.previous == ""
        seen, pages = list(page.rows), [page]
        while page.next:
            page = fetch(page.next)
            seen += page.rows
            pages.append(page)
        assert seen == expected
        for earlier in reversed(pages[:-1]):
            page = fetch(page.previous)
            assert page.rows == earlier.rows
        assert page.previous == ""
