"""A case page, logging a case, an agenda and the reminder sweep, each against its floor: ratios in one run."""

import os
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, func, insert, select, text, update

from psg import clock
from psg.actions import operations as actions
from psg.cases import operations as cases
from psg.cases.models import Case
from psg.cases.rules import SubjectKind, When
from psg.cases.values import CaseValues, PersonValues
from psg.db import Model, db, transaction
from psg.meetings import live, planning
from psg.meetings.models import Meeting
from psg.partnerships.models import Group
from psg.people.rules import Born, Names
from psg.reminders.models import Delivery, Obligation
from psg.reminders.sweeping import sweep
from tests.benchmarks.filling import fill
from tests.benchmarks.measuring import line, measure
from tests.browsing import Browser
from tests.conftest import Installation

DUE = 5_000
MANY = int(os.environ.get("PSG_BENCH_OBLIGATIONS", "1000000"))
KINDS = ("postgresql", "sqlite")
BARS = {"postgresql": "must {}", "sqlite": "printed only"}


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    """A fresh installation on each database."""
    installation = Installation(request.param, tmp_path)
    installation.fresh()
    yield installation
    installation.drop()


def bar(place: Installation, value: str) -> str:
    return BARS[place.kind].format(value) + f" ({place.kind})"


def referral(number: int = 0) -> CaseValues:
    """A referral as a practitioner would write it."""
    return CaseValues(
        title=f"Noise and threats {number}",
        narrative="Shouting and threats on the stairs most nights. " * 20,
        subject_kind=SubjectKind.PERSON,
        themes=("asb", "noise"),
        lawful_basis=("cda-115",),
        purpose=("safeguard",),
        referral={"tried": "Two warnings and a visit.", "why_agencies": "Housing, police and health all know them."},
        people=(
            PersonValues(
                names=Names(first="Somebody", last=f"Invented{number}"),
                role="harmed",
                born=Born(),
                details={"address": f"{number} Nowhere Street", "postcode": "QX1 1ZZ", "phone": f"01632 {number:06}"},
            ),
        ),
    )


@contextmanager
def acting(place: Installation) -> Iterator[None]:
    """An application context that lets go of the session."""
    with place.app.app_context():
        yield
        db.session.remove()


def accepted(place: Installation, number: int) -> Case:
    """A case that has been accepted."""
    world = place.world
    case = cases.log_case(world.east, world.groups["psg"], referral(number), by=world.viewer("officer"))
    cases.accept(
        case,
        lead_agency_id=world.agencies["council"],
        lead_officer_id=world.people["officer"].user_id,
        review_on=clock.working_day_on_or_after(clock.today() + timedelta(days=number % 20)),
        reason="It needs several agencies.",
        by=world.viewer("coordinator"),
    )
    return case


def crowded(place: Installation) -> str:
    """Make a case with 60 timeline entries, 8 people and 10 actions; its reference. In an open context."""
    world = place.world
    officer = world.viewer("officer")
    with transaction():
        case = accepted(place, 0)
    with transaction(hold=(case,)):
        for day in range(60):
            cases.add_event(
                case,
                kind="incident",
                when=When.day(clock.today() - timedelta(days=day)),
                what="Shouting on the stairs, again after midnight. " * 4,
                who="A neighbour",
                owning_agency_id=world.agencies["police"],
                by=officer,
            )
        for number in range(7):
            cases.add_person(
                case,
                names=Names(first="Some", last=f"One{number}"),
                role="witness",
                born=Born(),
                details={},
                by=officer,
            )
    for number in range(10):
        with transaction():
            actions.add_action(
                case,
                what=f"Visit the block {number}",
                owner_id=officer.user_id,
                owner_agency_id=world.agencies["police"],
                due_on=clock.working_day_on_or_after(clock.today() + timedelta(days=number)),
                by=officer,
            )
    return case.reference


def opens(place: Installation) -> Callable[[str], Callable[[], None]]:
    """Makes calls that open a page as the officer."""
    browser = Browser(place.app)
    browser.sign_in(place.world.people["officer"].user_id)

    def ask(path: str) -> Callable[[], None]:
        def call() -> None:
            assert browser.get(path).status_code == 200

        return call

    return ask


def logs(place: Installation) -> Callable[[], None]:
    """Logs another case at each call. In an open context."""
    world, numbers, officer = place.world, iter(range(1, 10_000)), place.world.viewer("officer")

    def log() -> None:
        with transaction():
            cases.log_case(world.east, world.groups["psg"], referral(next(numbers)), by=officer)

    return log


def test_case_page(place):
    """60 timeline entries, 8 people and 10 actions, against the list of cases."""
    with acting(place):
        fill(place.world, 2_000)
        reference = crowded(place)
    ask = opens(place)
    figures = measure({"list": ask("/east-test/cases"), "case": ask(f"/east-test/cases/{reference}")})
    line(
        "case page, 60 entries, 8 people, 10 actions / case list",
        figures["case"].least / figures["list"].least,
        bar(place, "1.5"),
    )


def test_log_a_case(place):
    """Sealed, audited and with what is owed, against the same rows written bare."""
    with acting(place):
        log = logs(place)
        own = ("cases", "people", "involvements", "case_themes")
        owed = ("obligations", "deliveries")
        there = {name: set(_rows_of(name)) for name in (*own, *owed, "search_tags")}
        log()
        db.session.rollback()
        written = {name: [_rows_of(name)[key] for key in set(_rows_of(name)) - there[name]] for name in there}
        floors = {
            "own": _bare(own, written),
            "same": _bare((*own, *owed), written),
            "all": _bare(tuple(written), written),
        }
        db.session.rollback()
        figures = measure({**floors, "log": log}, rounds=30)
    ratio = {name: figures["log"].least / figures[name].least for name in floors}
    line("log a case / the same rows unsealed and unaudited, one by one", ratio["same"], bar(place, "3.0"))
    line("log a case / these without its reminders", ratio["own"], "printed only")
    line("log a case / these with its reminders and its index", ratio["all"], "printed only")


def _rows_of(name: str) -> dict[uuid.UUID, dict[str, object]]:
    table = Model.metadata.tables[name]
    return {row["id"]: dict(row) for row in db.session.execute(select(table)).mappings()}


def _bare(names: Sequence[str], written: Mapping[str, Sequence[dict[str, object]]]) -> Callable[[], None]:
    """Writes what one case has in these tables again, with nothing sealed anew and nothing audited."""
    rows = [(Model.metadata.tables[name], row) for name in names for row in written[name]]

    def write() -> None:
        with db.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                # One transaction, begun as `transaction()` begins it: the pool's connections would commit each row.
                connection.connection.driver_connection.autocommit = False
            new = {row["id"]: uuid.uuid4() for _, row in rows}
            for table, row in rows:
                values = {
                    name: new.get(value, value) if isinstance(value, uuid.UUID) and name != "partnership_id" else value
                    for name, value in row.items()
                }
                if table.name == "cases":
                    values["reference"] = uuid.uuid4().hex[:12]
                if "key" in values:
                    values["key"] = uuid.uuid4().hex
                if "record_id" in values:
                    values["record_id"] = uuid.uuid4()
                connection.execute(insert(table), values)
            connection.commit()

    return write


def test_agenda(place):
    """The agenda of 60 open cases and of 500 against 50, and how many statements it takes."""
    least: dict[int, float] = {}
    statements: dict[int, int] = {}
    with acting(place):
        world = place.world
        group = db.session.get(Group, (world.east, world.groups["psg"]))
        with transaction():
            on = clock.next_working_day(clock.today())
            meeting = planning.add_meeting(
                group,
                held_on=on,
                at=clock.local(clock.now()).time(),
                minutes=90,
                place="",
                by=world.viewer("coordinator"),
            )
        made, meeting_id = 0, meeting.id
        for count in (50, 60, 500):
            while made < count:
                with transaction():
                    accepted(place, made)
                made += 1
            counted: list[str] = []
            listener = lambda *args: counted.append(args[2])  # noqa: B023, E731 - removed below

            def build() -> None:
                db.session.remove()
                viewer = world.viewer("coordinator")
                row = db.session.get(Meeting, (world.east, meeting_id))
                live.workbench(viewer, viewer.standings[world.east], row)

            event.listen(db.engine, "before_cursor_execute", listener)
            build()
            event.remove(db.engine, "before_cursor_execute", listener)
            statements[count] = len(counted)
            least[count] = measure({"build": build}, rounds=10)["build"].least
    line("agenda, 500 open cases / 50", least[500] / least[50], bar(place, "5.0"))
    line("agenda, 60 open cases / 50", least[60] / least[50], "printed only")
    line("statements for an agenda of 500 (a count, not a ratio)", statements[500], bar(place, "12"))


@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
def test_reminder_sweep(place):
    """5,000 due among very many obligations, against a tenth of them."""
    least: dict[int, float] = {}
    world = place.world
    monday = clock.working_day_on_or_after(clock.today())
    moment = clock.at_local(monday, clock.local(clock.now()).time().replace(hour=9))
    clock.source, before = (lambda: moment), clock.source
    try:
        with acting(place):
            held = 0
            for count in (MANY // 10, MANY):
                _owe(world.east, world.people["officer"].user_id, count - held, monday, due=0 if held else DUE)
                held = count
                runs = []
                for _ in range(3):
                    with db.engine.begin() as connection:
                        connection.execute(text("delete from delivery_lines"))
                        connection.execute(text("delete from deliveries"))
                        owed = Obligation.__table__
                        again = update(owed).where(owed.c.stage == "due").values(next_on=monday)
                        connection.execute(again)
                    runs.append(measure({"sweep": sweep}, rounds=1, warm=0)["sweep"].least)
                    assert db.session.scalar(select(func.count(Delivery.id))) >= 1
                least[count] = min(runs)
    finally:
        clock.source = before
    line(f"sweep, 5,000 due of {MANY:,} / of {MANY // 10:,}", least[MANY] / least[MANY // 10], bar(place, "1.5"))


def _owe(partnership_id: uuid.UUID, user_id: uuid.UUID, count: int, day: object, *, due: int) -> None:
    """Obligations straight into the table: the first ones due, the rest later."""
    with db.engine.begin() as connection:
        connection.execute(
            text(
                "insert into obligations (partnership_id, id, kind, record_id, stage, reference, path, user_id, role, "
                "due_on, next_on, created_at) select :p, gen_random_uuid(), 'case-review', gen_random_uuid(), "
                "case when n <= :due then 'due' else '' end, 'EC-2222-22', '/east-test/cases/EC-2222-22', :u, '', "
                "cast(:d as date) + (case when n <= :due then 0 else 30 end), "
                "cast(:d as date) + (case when n <= :due then 0 else 30 end), now() from generate_series(1, :n) n"
            ),
            {"p": partnership_id, "u": user_id, "due": due, "n": count, "d": day},
        )
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze obligations"))
