"""The set-up file: everything wrong is listed with its line; loading it twice changes nothing the second time."""

from datetime import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select

from psg import audit
from psg.access import Role
from psg.accounts.models import User
from psg.agreements.models import Agreement, AgreementVersion
from psg.agreements.rules import VersionState
from psg.audit.events import Event
from psg.audit.models import AuditEvent
from psg.crypto import keymaking
from psg.db import DomainError, db, migrate, transaction
from psg.meetings.models import Meeting, Series, StandingItem
from psg.partnerships import bases
from psg.partnerships.holding import holders
from psg.partnerships.queries import by_slug, directory
from psg.partnerships.rules import MembershipState
from psg.risk.models import Scheme
from psg.setup.exporting import as_file
from psg.setup.file import EXAMPLE as EXAMPLE_FILE
from psg.setup.file import read
from psg.setup.loading import Loader
from psg.setup.reading import Unreadable
from tests.conftest import Installation, on_both

EXAMPLE = EXAMPLE_FILE.read_text(encoding="utf-8")


def load(content: str) -> Loader:
    wanted = read(content)
    with transaction():
        loader = Loader(wanted, by=audit.SYSTEM)
        loader.run()
    return loader


def problems(content: str) -> list[str]:
    with pytest.raises(Unreadable) as caught:
        read(content)
    return [str(problem) for problem in caught.value.problems]


@on_both
def test_the_example_loads_and_the_second_time_changes_nothing(installation: Installation, context: None) -> None:
    first = load(EXAMPLE)
    assert first.keys_missing
    assert not db.session.scalar(select(func.count(Series.id)).where(Series.partnership_id == first.partnership.id))
    keymaking.add_partnership(installation.copy, first.partnership.id)
    second = load(EXAMPLE)
    assert second.changes == ["group Adults Problem Solving Group: meetings planned"]
    before = db.session.scalar(select(func.count(AuditEvent.id)))
    third = load(EXAMPLE)
    assert third.changes == []
    assert db.session.scalar(select(func.count(AuditEvent.id))) == before


def test_what_stands_there_afterwards(installation: Installation, context: None) -> None:
    first = load(EXAMPLE)
    keymaking.add_partnership(installation.copy, first.partnership.id)
    load(EXAMPLE)
    here = first.partnership.id
    names = directory(here)
    assert [agency.name for agency in names.agencies if not agency.may_refer] == ["Fens Safety Charity"]
    assert {person.state for person in names.people} == {MembershipState.INVITED}
    group = names.groups[0]
    assert group.settings == {"due-in": 5, "escalate-after": 10, "quorum": 3}
    series = db.session.scalars(select(Series).where(Series.partnership_id == here)).one()
    assert (series.ordinal, series.weekday, series.at, series.minutes) == (2, 1, time(10, 0), 120)
    assert db.session.scalar(select(func.count(Meeting.id)).where(Meeting.partnership_id == here))
    assert db.session.scalar(select(func.count(StandingItem.id)).where(StandingItem.partnership_id == here)) == 8
    assert db.session.scalar(select(func.count(Scheme.id)).where(Scheme.partnership_id == here)) == 2
    version = db.session.scalars(select(AgreementVersion).where(AgreementVersion.partnership_id == here)).one()
    assert version.state is VersionState.PUBLISHED
    assert version.created_by is None, "nobody of the partnership wrote it here"
    chair = next(person for person in names.people if person.email.startswith("dan."))
    assert chair.holds(Role.CHAIR, group.id)
    assert holders(here, Role.COORDINATOR) == [], "an invited person holds nothing yet"
    events = db.session.scalars(select(AuditEvent.event).where(AuditEvent.partnership_id == here)).all()
    assert Event.SETUP_LOADED.code in events
    assert Event.ROLE_GIVEN.code in events
    actors = db.session.scalars(select(AuditEvent.user_id).where(AuditEvent.partnership_id == here)).all()
    assert set(actors) == {None}, "the set-up did it, and nobody who was not there"


@on_both
def test_the_program_before_finds_an_author_again(installation: Installation, context: None) -> None:
    here = load(EXAMPLE).partnership.id
    db.session.remove()
    db.engine.dispose()
    migrate.downgrade(installation.copy.database_owner_url, to="0014")
    author = select(User.email).join(AgreementVersion, AgreementVersion.created_by == User.id)
    assert db.session.scalars(author.where(AgreementVersion.partnership_id == here)).all() == [
        "cora.fenwright@east-fens.example"
    ]


def test_a_changed_file_changes_only_what_differs(context: None) -> None:
    load(EXAMPLE)
    changed = EXAMPLE.replace("Adults Problem Solving Group", "Adults Group").replace("due-in: 5", "due-in: 4")
    assert load(changed).changes == ["group Adults Group: name, settings changed"]


def test_the_usual_lawful_bases_are_those_of_the_file_and_stay_where_it_does_not_say(context: None) -> None:
    here = load(EXAMPLE).partnership.id
    assert bases.usual(here) == ["cda-115", "public-task"]
    head, _, rest = EXAMPLE.partition("  usual_lawful_bases:")
    silent = head + rest[rest.index("\n\nagencies:") :]
    assert load(silent).changes == []
    fewer = EXAMPLE.replace("    - cda-115\n", "")
    assert load(fewer).changes == ["partnership: usual lawful bases are now public-task"]
    assert bases.usual(here) == ["public-task"]
    with pytest.raises(DomainError, match="hearsay is not one of the partnership's lawful bases"):
        load(EXAMPLE.replace("- cda-115", "- hearsay"))


def test_nothing_is_kept_when_it_fails_half_way(context: None) -> None:
    load(EXAMPLE)
    moved = EXAMPLE.replace("agency: Lodemoor Homes", "agency: Fens Safety Charity").replace(
        "Adults Problem Solving Group", "Adults Group"
    )
    with pytest.raises(DomainError, match="already acts for another agency"):
        load(moved)
    partnership = by_slug("east-fens")
    assert partnership is not None
    assert directory(partnership.id).groups[0].name == "Adults Problem Solving Group"


def test_a_group_comes_out_as_the_file_that_went_in(installation: Installation, context: None) -> None:
    first = load(EXAMPLE)
    keymaking.add_partnership(installation.copy, first.partnership.id)
    load(EXAMPLE)
    wanted, found = read(EXAMPLE), read(as_file(directory(first.partnership.id).groups[0]))
    assert found.partnership == wanted.partnership
    assert found.groups == wanted.groups
    assert sorted(found.agencies, key=str) == sorted(wanted.agencies, key=str)
    assert load(as_file(directory(first.partnership.id).groups[0])).changes == []


def test_an_administrator_gets_no_place(context: None) -> None:
    with pytest.raises(DomainError, match="administers the system"):
        load(EXAMPLE.replace("mina.soke@lodemoor.example", "admin@test.example"))


def test_everything_wrong_is_listed_with_its_line() -> None:
    found = problems(
        """partnership:
  slug: East Fens
  name: East Fens
  prefix: ef
  contact_email: nowhere
  colour: 9
agencies:
  - {name: Police, kind: police}
  - {name: Police, kind: wizards}
groups:
  - slug: adults
    name: Adults
    surprise: yes
    reminders: {due-in: soon, never: 3}
    meetings: {which: fifth, weekday: someday, from: yesterday, at: noon}
people:
  - email: a@b.example
    first_name: A
    agency: Fire
    roles: [{role: king}, {role: chair}, {role: coordinator, group: adults}, {role: practitioner, group: teens}]
"""
    )
    for line, words in (
        (2, "slug must be small letters"),
        (4, "prefix must be two to four capital letters"),
        (5, "contact_email must be like"),
        (6, "colour must be a whole number from 1 to 6"),
        (7, "agencies holds “Police” twice"),
        (9, "kind must be one of"),
        (13, "a group has no entry “surprise”"),
        (14, "due-in must be a whole number"),
        (14, "reminders has no entry “never”"),
        (15, "which must be one of"),
        (15, "weekday must be one of"),
        (15, "a date such as"),
        (15, "a time such as"),
        (17, "a person needs “last_name”"),
        (19, "there is no agency “Fire” in this file"),
        (20, "role must be one of"),
        (20, "a chair is the chair of one group"),
        (20, "held in the whole partnership"),
        (20, "there is no group “teens”"),
    ):
        assert any(p.startswith(f"line {line}: ") and words in p for p in found), (line, words, found)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "the file is empty"),
        ("partnership: [", "this is not YAML"),
        ("- a\n- b", "must hold entries"),
        ("groups: []", "the file needs “partnership”"),
        ("partnership: 3", "partnership must hold entries"),
        ("partnership: {slug: a, slug: b}", "slug stands twice"),
        ("partnership: {name: [1]}", "name must be a single value"),
        ("partnership: {}\npeople: 5", "people must be a list"),
        ("\x00", "this is not YAML"),
    ],
)
def test_hostile_files(content: str, words: str) -> None:
    assert any(words in problem for problem in problems(content))


def test_an_agreement_needs_a_coordinator_and_real_signatories() -> None:
    found = problems(EXAMPLE.replace("{role: coordinator}", "{role: figures}").replace("dan.ash", "nobody.ash", 1))
    assert any("needs a coordinator" in problem for problem in found)
    assert any("must stand under people, as its agency-lead" in problem for problem in found)


def test_the_command(app: Flask, tmp_path: Path) -> None:
    from psg.cli.setup import setup

    file = tmp_path / "partnership.yaml"
    file.write_text(EXAMPLE, encoding="utf-8")
    runner = app.test_cli_runner()
    checked = runner.invoke(setup, [str(file), "--check"])
    assert "can be used" in checked.output, checked.output
    done = runner.invoke(setup, [str(file)])
    assert done.exit_code == 0, done.output
    assert "psg keys add-partnership east-fens" in done.output
    file.write_text("partnership: {}", encoding="utf-8")
    failed = runner.invoke(setup, [str(file)])
    assert failed.exit_code == 1
    assert "line 1: partnership needs “name”" in failed.output


def test_the_command_prints_an_example_where_there_is_no_installation(tmp_path: Path) -> None:
    from psg.cli import main

    printed = CliRunner().invoke(main, ["setup", "--example"], env={"PSG_ENV_FILE": str(tmp_path / "none")})
    assert (printed.exit_code, printed.output) == (0, EXAMPLE)
    read(printed.output)


def test_users_are_not_made_twice(context: None) -> None:
    load(EXAMPLE)
    load(EXAMPLE)
    assert db.session.scalar(select(func.count(User.id)).where(User.email.like("%@lodemoor.example"))) == 2
    assert db.session.scalar(select(func.count(Agreement.id)).where(Agreement.slug == "information-sharing")) == 1
