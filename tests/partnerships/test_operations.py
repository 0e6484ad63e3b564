"""What operations on partnerships leave behind: the state and the audit together."""

import pytest
from sqlalchemy import select

from psg import audit, clock
from psg.access import Role
from psg.accounts import queries as accounts
from psg.accounts.models import PasswordLink
from psg.audit.events import Event
from psg.audit.models import AuditEvent
from psg.db import DomainError, db, transaction
from psg.partnerships import inviting, operations, places
from psg.partnerships.models import Membership, RoleHeld, Term
from psg.partnerships.people import who_would_lose_access
from psg.partnerships.queries import directory, labels, membership, terms
from psg.partnerships.rules import MembershipState
from psg.reminders.models import Delivery
from tests.conftest import on_both
from tests.worlds import World

pytestmark = pytest.mark.usefixtures("context")


def events() -> list[str]:
    return list(db.session.scalars(select(AuditEvent.event).order_by(AuditEvent.id)))


def member_of(world: World, name: str) -> Membership:
    found = membership(world.east, world.people[name].user_id)
    assert found is not None
    return found


def invite(world: World, email: str, by: str = "coordinator", agency: str = "police") -> Membership:
    with transaction():
        return inviting.invite_person(
            world.east,
            email=email,
            first_name="New",
            last_name="Person",
            agency_id=world.agencies[agency],
            by=world.viewer(by),
        )


@on_both
def test_a_new_person_is_invited(world: World) -> None:
    member = invite(world, "New.Person@Police.example")
    assert member.state is MembershipState.INVITED
    user = accounts.by_email("new.person@police.example")
    assert user is not None
    assert user.password_hash is None
    link = db.session.scalars(select(PasswordLink).where(PasswordLink.user_id == user.id)).one()
    mail = db.session.scalars(select(Delivery).where(Delivery.user_id == user.id)).one()
    assert mail.kind == "invitation"
    assert mail.details == {"link": str(link.id)}
    assert Event.INVITATION_SENT.code in events()[-4:]


def test_somebody_with_an_account_is_added_and_told(world: World) -> None:
    member = invite(world, "cityofficer@test.example")
    assert member.state is MembershipState.ACTIVE
    assert db.session.scalar(select(PasswordLink.id).where(PasswordLink.user_id == member.user_id)) is None
    mail = db.session.scalars(select(Delivery).where(Delivery.user_id == member.user_id)).one()
    assert mail.kind == "added-to-partnership"
    user = accounts.get(member.user_id)
    assert user is not None
    assert user.first_name == "Cityofficer", "an account keeps its own name"


def test_a_second_invitation_ends_the_first(world: World) -> None:
    member = invite(world, "new@police.example")
    with transaction():
        inviting.invite_again(member, by=world.viewer("coordinator"))
    links = db.session.scalars(
        select(PasswordLink).where(PasswordLink.user_id == member.user_id).order_by(PasswordLink.created_at)
    ).all()
    assert [link.revoked_at is None for link in links] == [False, True]
    assert Event.INVITATION_WITHDRAWN.code in events()


def test_nobody_is_a_member_twice(world: World) -> None:
    with pytest.raises(DomainError, match="already in this partnership"):
        invite(world, "officer@test.example")


def test_an_agency_outside_cannot_be_acted_for(world: World) -> None:
    with pytest.raises(DomainError, match="not in this partnership"):
        invite(world, "new@city.example", agency="citycouncil")


def test_an_administrator_holds_no_place(world: World) -> None:
    with pytest.raises(DomainError, match="administers the system"):
        invite(world, "admin@test.example")


@on_both
def test_a_role_counts_at_once_and_is_audited(world: World) -> None:
    member = member_of(world, "roleless")
    with transaction():
        held = operations.grant_role(
            member, Role.PRACTITIONER, group_id=world.groups["psg"], by=world.viewer("coordinator")
        )
    assert world.viewer("roleless").standings[world.east].holds_in(Role.PRACTITIONER, world.groups["psg"])
    row = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert row is not None
    assert (row.event, row.why, row.record_id) == (Event.ROLE_GIVEN.code, "practitioner", held.id)
    with transaction(hold=(held,)):
        operations.end_role(member, held, by=world.viewer("coordinator"))
    assert not world.viewer("roleless").standings[world.east].groups
    assert held.ended_by == world.people["coordinator"].user_id
    assert events()[-1] == Event.ROLE_ENDED.code


def test_nobody_grants_to_themselves(world: World) -> None:
    me, member = world.viewer("coordinator"), member_of(world, "coordinator")
    with pytest.raises(DomainError, match="cannot give yourself"), transaction():
        operations.grant_role(member, Role.CHAIR, group_id=world.groups["psg"], by=me)
    held = db.session.scalars(select(RoleHeld).where(RoleHeld.membership_id == member.id)).one()
    with pytest.raises(DomainError, match="cannot end your own"), transaction():
        operations.end_role(member, held, by=me)
    with pytest.raises(DomainError, match="cannot suspend yourself"), transaction():
        places.suspend(member, by=me)
    assert Role.COORDINATOR in world.viewer("coordinator").standings[world.east].roles


@pytest.mark.parametrize(
    ("role", "group", "words"),
    [
        (Role.CHAIR, None, "chair of one group"),
        (Role.COORDINATOR, "psg", "held in the whole partnership"),
        (Role.PRACTITIONER, "psg", "already holds"),
    ],
)
def test_roles_that_make_no_sense(world: World, role: Role, group: str | None, words: str) -> None:
    with pytest.raises(DomainError, match=words), transaction():
        operations.grant_role(
            member_of(world, "officer"),
            role,
            group_id=world.groups[group] if group else None,
            by=world.viewer("coordinator"),
        )


def test_suspended_and_restored(world: World) -> None:
    member = member_of(world, "officer")
    with transaction():
        places.suspend(member, by=world.viewer("coordinator"))
    assert world.east not in world.viewer("officer").standings
    assert events()[-1] == Event.ACCOUNT_SUSPENDED.code
    with transaction():
        places.restore(member, by=world.viewer("coordinator"))
    assert world.viewer("officer").standings[world.east].groups
    assert events()[-1] == Event.ACCOUNT_REINSTATED.code


def test_who_never_accepted_is_restored_to_an_invitation(world: World) -> None:
    with transaction():
        member = inviting.invite_person(
            world.east,
            email="ina@police.example",
            first_name="Ina",
            last_name="Fen",
            agency_id=world.agencies["police"],
            by=world.viewer("coordinator"),
        )
        places.suspend(member, by=world.viewer("policelead"))
        places.restore(member, by=world.viewer("policelead"))
    assert member.state is MembershipState.INVITED, "a new invitation can be sent, and no work is given to nobody"


def test_an_agency_leaves_and_comes_back(world: World) -> None:
    from psg.partnerships.models import Agency
    from psg.partnerships.queries import find_agency

    place = find_agency(None, world.viewer("coordinator").standings[world.east], world.agencies["police"])
    assert place is not None
    assert who_would_lose_access(world.east, world.agencies["police"]) == 4
    with transaction():
        operations.leave_agency(place, by=world.viewer("coordinator"))
    assert world.east not in world.viewer("officer").standings
    assert world.city in world.viewer("both").standings, "the other partnership is not touched"
    with transaction():
        agency = db.session.get_one(Agency, world.agencies["police"])
        operations.join_agency(world.east, agency, by=world.viewer("coordinator"))
    assert world.east in world.viewer("officer").standings
    assert events()[-2:] == [Event.AGENCY_LEFT.code, Event.AGENCY_JOINED.code]


@pytest.mark.parametrize("slug", ["system", "my-work", "East", "a b", "-a", "a--b", "x" * 41, "settings", ""])
def test_names_in_addresses_that_are_refused(slug: str) -> None:
    with pytest.raises(DomainError), transaction():
        operations.create_partnership(slug=slug, name="N", prefix="NN", by=audit.SYSTEM)


def test_lists_keep_old_words(world: World) -> None:
    theme = db.session.scalars(select(Term).where(Term.partnership_id == world.east, Term.list == "themes")).first()
    with transaction():
        operations.change_term(
            theme,
            label="New words",
            hint="",
            valid_until=clock.today().replace(year=2020),
            by=world.viewer("coordinator"),
        )
    assert theme.code not in {term.code for term in terms(world.east, "themes")}
    assert labels(world.east)["themes", theme.code] == "New words"
    assert directory(world.city).people, "another partnership is untouched"
    assert "New words" not in {term.label for term in terms(world.city, "themes")}
