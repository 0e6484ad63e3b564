"""Statements that are built once: the same answers as SQLAlchemy's own way of asking, errors and listeners included."""

import pytest
from sqlalchemy import bindparam, create_engine, event, literal, select, text, union_all
from sqlalchemy.exc import DBAPIError, OperationalError, StatementError

from psg import clock
from psg.accounts.models import User
from psg.agreements import queries as agreements
from psg.audit.models import AuditEvent
from psg.cases.models import Case
from psg.cases.rules import CaseState, Tone
from psg.db import ask, db, transaction
from psg.partnerships.models import Group
from tests.benchmarks.filling import fill

_SOME = select(User.id, User.email).where(User.id.in_(bindparam("ids", expanding=True))).order_by(User.email)
_EVERY_KIND = (
    select(
        Case.id,
        Case.state,
        Case.band_tone,
        Case.__table__.c.title_sealed,
        Case.last_activity_at,
        Case.review_on,
        Case.closure_proposed_at.is_not(None),
        Case.closure_proposed_at,
        literal(3).label("three"),
    )
    .where(Case.state == bindparam("state", type_=Case.state.type), Case.last_activity_at <= bindparam("now"))
    .order_by(Case.reference)
)


def _as_ever(statement, values):
    return [tuple(row) for row in db.session.connection().execute(statement, values)]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_list_of_any_length_is_one_parameter(context, world, count):
    ids = [person.user_id for person in world.people.values()][:count]
    rows = ask(_SOME, {"ids": ids})
    assert sorted(row.id for row in rows) == sorted(ids)
    assert [tuple(row) for row in rows] == _as_ever(_SOME, {"ids": ids})


def test_lists_that_the_statement_itself_names(context, world):
    emails = sorted(person.email for person in world.people.values())[:2]
    ids = [person.user_id for person in world.people.values()]
    named = _SOME.where(User.email.in_(emails))
    assert [row.email for row in ask(named, {"ids": ids})] == emails
    others = _SOME.where(User.email.not_in(emails))
    if db.engine.dialect.name == "sqlite":
        assert len(ask(others, {"ids": ids})) == len(ids) - 2
    else:
        with pytest.raises(TypeError, match="only SQLAlchemy can write out"):
            ask(others, {"ids": ids})


def test_a_parameter_without_a_value_is_a_mistake_and_not_nothing(context):
    missing = select(User.id).where((User.id != bindparam("id")) | (User.email == bindparam("email")))
    with pytest.raises((KeyError, StatementError)):
        ask(missing, {"email": "x"})


def test_every_kind_of_value_comes_and_goes_as_ever(context, world):
    fill(world, 5)
    values = {"state": CaseState.OPEN, "now": clock.now()}
    rows = ask(_EVERY_KIND, values)
    assert rows
    assert [tuple(row) for row in rows] == _as_ever(_EVERY_KIND, values)
    assert (rows[0].state, type(rows[0].band_tone), rows[0].three) == (CaseState.OPEN, Tone, 3)
    assert rows[0].last_activity_at.utcoffset().total_seconds() == 0


def test_structures_and_several_statements_in_one(context, world):
    whole = union_all(
        select(Group.id, Group.settings, literal("a").label("which")),
        select(Group.id, Group.settings, literal("b").label("which")),
    )
    rows = ask(whole, {})
    assert {row.which for row in rows} == {"a", "b"}
    assert all(isinstance(row.settings, dict) for row in rows)
    places = {"user_ids": [person.user_id for person in world.people.values()], "today": clock.today()}
    assert [tuple(row) for row in ask(agreements._PLACES_OF_ALL, places)] == _as_ever(agreements._PLACES_OF_ALL, places)


def test_what_a_change_has_written_so_far_is_seen_inside_it_and_gone_with_it(context, world):
    person = next(iter(world.people.values())).user_id
    email = select(User.email).where(User.id == bindparam("id", type_=User.id.type))
    before = ask(email, {"id": person})[0].email
    seen = []

    def change_and_fail():
        with transaction():
            db.session.get(User, person).email = "changed@example.org"
            db.session.flush()
            seen.append(ask(email, {"id": person})[0].email)
            raise LookupError

    with pytest.raises(LookupError):
        change_and_fail()
    assert seen == ["changed@example.org"]
    assert ask(email, {"id": person})[0].email == before


def test_a_mistake_is_sqlalchemys_and_tells_no_values(context):
    wrong = select(AuditEvent.why, text("nowhere.nothing")).where(AuditEvent.why == bindparam("why"))
    with pytest.raises(DBAPIError) as caught:
        ask(wrong, {"why": "what somebody typed"})
    assert "what somebody typed" not in str(caught.value)


def test_whoever_listens_hears_of_it(context, world):
    heard = []
    listener = lambda *given: heard.append(given[2])  # noqa: E731 - to be removed again
    event.listen(db.engine, "before_cursor_execute", listener)
    ask(_SOME, {"ids": []})
    event.remove(db.engine, "before_cursor_execute", listener)
    assert [statement.split()[0] for statement in heard if "users" in statement] == ["SELECT"]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_after_the_database_went_away_the_next_question_is_answered(context, app):
    whose = select(AuditEvent.id).limit(1)
    ask(whose, {})
    gone = db.session.connection().connection.driver_connection.info.backend_pid
    other = create_engine(app.config["SQLALCHEMY_DATABASE_URI"])
    with other.begin() as connection:
        connection.execute(text("select pg_terminate_backend(:pid)"), {"pid": gone})
    other.dispose()
    with pytest.raises(OperationalError) as caught:
        ask(whose, {})
    assert caught.value.connection_invalidated
    db.session.rollback()
    ask(whose, {})
    assert db.session.connection().connection.driver_connection.info.backend_pid != gone
