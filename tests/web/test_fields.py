from __future__ import annotations

from datetime import date
from typing import Any

import html5lib
import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from psg import clock
from psg.text import PartialDate, showable
from psg.web.fields import DateField, NearDateField, Offer, PartialDateField, option
from psg.web.forms import Form

from .conftest import make_app
from .sample import GOOD, Sample

NASTY = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=30),
    st.sampled_from(
        [
            "\x00",
            "\ud800",
            "\ufffe",
            "\u202eabc",
            "<script>alert(1)</script>",
            '"><img src=x>',
            "{{7*7}}",
            "9" * 5000,
            "\u0661\u0662",
            "\u00b2",
            "-1",
            "1e9",
            "nan",
            "29",
            "feb",
            "2025",
            "another",
            "2026-11-30",
            "0000-00-00",
            "visit",
            "a@b",
            "\n\n",
            "%s%n",
        ]
    ),
)
NAMES = [
    "title",
    "what",
    "email",
    "password",
    "minutes",
    "kind",
    "owner",
    "themes",
    "seen",
    "seen-day",
    "seen-month",
    "seen-year",
    "happened-day",
    "happened-month",
    "happened-year",
    "happened-words",
    "happened-unknown",
    "due-choice",
    "due-day",
    "due-month",
    "due-year",
    "paper",
    "once",
    "version",
]
SENT = st.lists(st.tuples(st.sampled_from(NAMES), NASTY), max_size=25)
KIT = make_app()


def checked(form_class: type[Form], pairs: Any) -> Any:
    """The form as it stands after these answers were posted and checked."""
    form = form_class(formdata=MultiDict(pairs), meta={"csrf": False})
    form.validate()
    return form


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SENT)
def test_nothing_a_browser_can_send_breaks_a_form(pairs: list[tuple[str, str]]) -> None:
    with KIT.test_request_context("/form", method="POST"):
        form = checked(Sample, pairs)
        page = "".join(field() for field in form)
        page.encode("utf-8")
        html5lib.parseFragment(page)
        summary = form.error_summary()
        for line in summary:
            line["text"].encode("utf-8")
            assert not line["href"] or f'id="{line["href"][1:]}"' in page
        for name in ("title", "email", "minutes"):
            typed = [value for key, value in pairs if key == name]
            assert getattr(form, name).shown == showable(" ".join(typed))
        for box in ("seen-day", "seen-month", "due-year"):
            field, part = box.split("-")
            typed = [value for key, value in pairs if key == box]
            assert getattr(form, field).boxes[part] == " ".join(typed)
        if not form.errors:
            for value in form.values().values():
                str(value).encode("utf-8")


@pytest.fixture
def posting(app: Flask) -> Any:
    with app.test_request_context("/form", method="POST"):
        yield


@pytest.mark.usefixtures("posting")
class TestErrors:
    def test_good_answers_are_cleaned(self) -> None:
        form = checked(Sample, GOOD)
        assert not form.errors
        assert form.values()["what"] == "Music until 3am\nand shouting"
        assert form.values()["minutes"] is None
        assert form.values()["themes"] == []

    def test_too_long_says_by_how_much_and_keeps_everything(self) -> None:
        form = checked(Sample, {**GOOD, "title": "x" * 90})
        assert form.title.message == "Working title must be 80 characters or less. You have 90"
        assert form.title.shown == "x" * 90

    def test_repeated_answer_stands_beside_its_field(self) -> None:
        form = checked(Sample, [*GOOD.items(), ("title", "second")])
        assert form.title.message
        assert "more than once" in form.title.message
        assert form.title.shown == "Noise at night second"

    def test_unreadable_character_stands_beside_its_field(self) -> None:
        form = checked(Sample, {**GOOD, "what": "one\x00two"})
        assert form.what.message == (
            "What happened has a character that cannot be read, after \u201cone\u201d. Delete it and type it again"
        )
        assert "\ufffd" in form.what()

    def test_a_choice_that_is_not_on_offer_is_refused(self) -> None:
        form = checked(Sample, [*GOOD.items(), ("kind", "bribe"), ("owner", "9"), ("themes", "noise"), ("themes", "x")])
        assert set(form.errors) == {"kind", "owner", "themes"}

    def test_choices_may_be_set_after_the_form_was_made(self) -> None:
        form = Sample(formdata=MultiDict({**GOOD, "owner": "7"}), meta={"csrf": False})

        form.owner.choices = [option(7, "C Bell")]
        assert form.validate()
        assert form.values()["owner"] == "7"

    @pytest.mark.parametrize(("typed", "number"), [("1,2 00", None), (" 60 ", 60), ("+5", 5)])
    def test_whole_numbers(self, typed: str, number: int | None) -> None:
        form = checked(Sample, {**GOOD, "minutes": typed})
        if number is None:
            assert form.minutes.message == "Minutes must be 600 or less"
        else:
            assert form.minutes.data == number

    def test_the_key_of_a_form_stays_over_errors(self) -> None:
        key = Sample(formdata=None, meta={"csrf": False}).once.shown
        assert checked(Sample, {"once": key}).once.shown == key
        assert checked(Sample, {"once": "not one"}).once.shown != "not one"

    def test_a_spoilt_version_matches_nothing(self) -> None:
        assert checked(Sample, {"version": "3"}).version.data == 3
        assert checked(Sample, {"version": "3; drop"}).version.data == -1
        assert checked(Sample, {}).version.data is None

    def test_clash_shows_theirs_beside_mine(self) -> None:
        form = checked(Sample, GOOD)
        form.show_clash(by="A Khan", theirs={"title": "Noise by day", "what": GOOD["what"]}, version=4)
        assert "What A Khan saved" in form.title()
        assert "Noise by day" in form.title()
        assert "A Khan" not in form.what()
        assert form.version.shown == "4"

    def test_passwords_are_never_shown_again(self) -> None:
        form = checked(Sample, {"password": "three quiet words"})
        assert "three quiet words" not in form.password()
        assert form.password.data == "three quiet words"


class Dates(Form):
    seen = DateField("Incident date", missing="Enter the incident date", latest=clock.today)
    due = DateField("Due date", earliest=clock.today)
    when = PartialDateField("When it happened", missing="Enter when it happened")


def boxes(name: str, day: str = "", month: str = "", year: str = "") -> dict[str, str]:
    return {f"{name}-day": day, f"{name}-month": month, f"{name}-year": year}


@pytest.fixture
def sunday_22_november() -> Any:
    with time_machine.travel("2026-11-22 09:00:00+00:00"):
        yield


@pytest.mark.usefixtures("posting", "sunday_22_november")
class TestDates:
    @pytest.mark.parametrize(
        ("day", "month", "year", "meant"),
        [
            ("9", "11", "2026", date(2026, 11, 9)),
            (" 09 ", "nov", "2026", date(2026, 11, 9)),
            ("9", "Sept.", "20 25", date(2025, 9, 9)),
            ("9", " NOVEMBER ", "2025", date(2025, 11, 9)),
            ("\uff19", "1", "2025", date(2025, 1, 9)),
        ],
    )
    def test_dates_as_people_type_them(self, day: str, month: str, year: str, meant: date) -> None:
        assert checked(Dates, boxes("seen", day, month, year)).seen.data == meant

    @pytest.mark.parametrize(
        ("day", "month", "year", "words", "focus"),
        [
            ("", "", "", "Enter the incident date", "seen-day"),
            ("9", "11", "", "Incident date must include a year", "seen-year"),
            ("", "", "2026", "Incident date must include a day and month", "seen-day"),
            ("31", "feb", "2026", "Incident date must be a real date", "seen-day"),
            ("9", "ma", "2026", "Incident date must be a real date", "seen-month"),
            ("9", "13", "2026", "Incident date must be a real date", "seen-month"),
            ("9", "11", "26", "Incident date must have a year of 4 numbers", "seen-year"),
            ("9", "11", "99999999999", "Incident date must be a real date", "seen-year"),
            ("9", "12", "2026", "Incident date must be today or in the past", "seen-day"),
            ("<", "11", "2026", "Incident date must be a real date", "seen-day"),
        ],
    )
    def test_what_is_wrong_is_said_and_kept(self, day: str, month: str, year: str, words: str, focus: str) -> None:
        form = checked(Dates, boxes("seen", day, month, year))
        assert form.seen.message == words
        assert form.seen.focus_id == focus
        shown = [item["value"] for item in form.seen.items()]
        assert shown == [day, month, year]

    def test_a_date_before_the_earliest(self) -> None:
        assert checked(Dates, boxes("due", "1", "1", "2026")).due.message == "Due date must be today or later"

    @pytest.mark.parametrize(
        ("sent", "meant"),
        [
            (boxes("when", "9", "6", "2021"), PartialDate.day(date(2021, 6, 9))),
            (boxes("when", "", "june", "2021"), PartialDate.month(2021, 6)),
            (boxes("when", "", "", "2021"), PartialDate.year(2021)),
            (
                {**boxes("when", "", "6", "2021"), "when-words": "until July"},
                PartialDate.period(date(2021, 6, 1), "until July"),
            ),
            ({**boxes("when"), "when-unknown": "y"}, PartialDate.unknown()),
        ],
    )
    def test_a_date_as_far_as_it_is_known(self, sent: dict[str, str], meant: PartialDate) -> None:
        form = checked(Dates, sent)
        assert form.when.data == meant
        again = Dates(formdata=None, when=meant, meta={"csrf": False})
        for name, value in sent.items():
            if name == "when-unknown":
                assert again.when.unknown_shown
            elif name.endswith("year"):
                assert f'value="{value}"' in again.when()

    @pytest.mark.parametrize(
        ("sent", "words"),
        [
            ({}, "Enter when it happened"),
            (boxes("when", "9", "", "2021"), "When it happened must include a month"),
            (boxes("when", "", "6", ""), "When it happened must include a year"),
            ({"when-words": "some time"}, "When it happened must include at least a year, to stand in order"),
        ],
    )
    def test_a_partial_date_that_cannot_be(self, sent: dict[str, str], words: str) -> None:
        assert checked(Dates, sent).when.message == words

    def test_near_dates(self) -> None:
        class Near(Form):
            due = NearDateField("Due date", missing="Select when this is due", earliest=clock.today)

        def near(sent: dict[str, str]) -> NearDateField:
            form = Near(formdata=MultiDict(sent), meta={"csrf": False})
            form.due.offers = [Offer(date(2026, 11, 30), "In 1 week", preferred=True)]
            form.validate()
            field: NearDateField = form.due
            return field

        assert near({"due-choice": "2026-11-30"}).data == date(2026, 11, 30)
        another = near({"due-choice": "another", **boxes("due", "2", "dec", "2026")})
        assert another.data == date(2026, 12, 2)
        assert another.took_another
        assert near({}).message == "Select when this is due"
        assert near({"due-choice": "another"}).message == "Enter the other date for due date"
        assert near({"due-choice": "soon"}).message == "Due date: select one of the dates shown"
        old = near({"due-choice": "2026-12-01"})
        assert old.data == date(2026, 12, 1)
        assert 'value="another" checked' in old()
        assert near({"due-choice": "2026-01-01"}).message == "Due date must be today or later"


def test_a_form_may_be_filled_with_what_was_kept(app: Flask) -> None:
    with app.test_request_context("/form"):
        form = Sample(kept=MultiDict({"title": "kept", "seen-day": "9"}))
        assert form.title.shown == "kept"
        assert 'value="9"' in form.seen()


def test_values_given_from_a_record(app: Flask) -> None:
    with app.test_request_context("/form"):
        form = Sample(title="Noise", seen=date(2026, 3, 9), kind="call", themes=["fire"])
        assert form.title.shown == "Noise"
        assert 'value="2026"' in form.seen()
        assert 'value="call" checked' in form.kind()
        assert 'value="fire" checked' in form.themes()
