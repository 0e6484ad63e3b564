"""Joining with an account that exists, and who lifts a suspension: decisions 0013."""

import pytest
from flask import Flask
from sqlalchemy import select

from psg.access import Role
from psg.db import DomainError, db, transaction
from psg.partnerships import inviting, places
from psg.partnerships.models import Membership
from psg.partnerships.queries import directory, membership
from psg.partnerships.rules import MembershipState
from psg.reminders import kinds
from psg.reminders.models import Delivery
from tests.conftest import on_both
from tests.worlds import World


def invite(world: World, name: str, *, by: str = "policelead", agency: str = "police") -> Membership:
    """Invite somebody of the other partnership by their address."""
    with transaction():
        return inviting.invite_person(
            world.east,
            email=world.people[name].email.upper(),
            first_name="Some",
            last_name="Body",
            agency_id=world.agencies[agency],
            role=Role.FIGURES if by == "coordinator" else None,
            by=world.viewer(by),
        )


def mails(world: World, name: str) -> list[Delivery]:
    mine = Delivery.user_id == world.people[name].user_id
    return list(db.session.scalars(select(Delivery).where(mine).order_by(Delivery.created_at)))


@on_both
@pytest.mark.usefixtures("context")
def test_who_works_for_the_agency_elsewhere_is_added_at_once(world: World) -> None:
    member = invite(world, "cityofficer")
    assert member.state is MembershipState.ACTIVE
    assert world.east in world.viewer("cityofficer").standings
    assert [mail.kind for mail in mails(world, "cityofficer")] == ["added-to-partnership"]


@on_both
@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("by", ["policelead", "coordinator"])
def test_anybody_else_is_asked_and_nothing_opens_before_their_yes(world: World, by: str) -> None:
    member = invite(world, "citycoordinator", by=by)
    assert member.state is MembershipState.INVITED
    person = world.viewer("citycoordinator")
    assert world.east not in person.standings
    (mail,) = mails(world, "citycoordinator")
    kind = kinds.message_kind(mail.kind)
    assert kind is not None
    assert kind.wanted(person, mail)
    message = kind.render(person, mail)
    assert message.link == f"/joining/{member.id}"
    assert not any(word in str(message) for word in ("East", "Test", "Constabulary", "Body"))
    with transaction():
        inviting.invite_again(member, by=world.viewer(by))
    assert member.state is MembershipState.INVITED, "asking again opens nothing either"
    assert [mail.kind for mail in mails(world, "citycoordinator")] == ["asked-to-join"] * 2
    with pytest.raises(DomainError), transaction():
        places.accept(member, by=world.viewer(by))
    with transaction():
        places.accept(member, by=person)
    assert world.viewer("citycoordinator").standings[world.east].agency_id == world.agencies["police"]
    assert not kind.wanted(person, mail)


@pytest.mark.usefixtures("context")
def test_an_address_gives_no_name_away(world: World) -> None:
    member = invite(world, "citycoordinator")
    email = world.people["citycoordinator"].email
    assert directory(world.east).user(member.user_id) == email
    with transaction():
        places.suspend(member, by=world.viewer("policelead"))
    assert directory(world.east).user(member.user_id) == email
    with transaction():
        places.restore(member, by=world.viewer("policelead"))
    assert member.state is MembershipState.INVITED, "lifting a suspension is nobody's yes"
    with transaction():
        places.accept(member, by=world.viewer("citycoordinator"))
    assert directory(world.east).user(member.user_id) == "Citycoordinator Tester"


def test_accepting_by_page(app: Flask, client_for, world: World) -> None:
    with app.app_context():
        member = invite(world, "citycoordinator")
        path, before = f"/joining/{member.id}", member.state
        db.session.remove()
    assert before is MembershipState.INVITED
    them = client_for("citycoordinator")
    assert path in them.get("/my-work").text
    assert them.get("/east-test/").status_code == 404
    for other in ("policelead", "coordinator", "officer"):
        assert client_for(other).get(path).status_code == 404
        assert client_for(other).post(path).status_code == 404
    page = them.get(path).text
    assert "Test Constabulary" in page
    assert "East Test Partnership" in page
    assert them.submit(path).status_code == 303
    assert them.get("/east-test/").status_code == 200
    assert path not in them.get("/my-work").text
    assert them.get(path).status_code == 404


@on_both
@pytest.mark.usefixtures("context")
def test_only_a_coordinator_lifts_what_a_coordinator_suspended(world: World) -> None:
    member = membership(world.east, world.people["officer"].user_id)
    assert member is not None
    with transaction():
        places.suspend(member, by=world.viewer("coordinator"))
    with pytest.raises(DomainError, match="only a coordinator can lift it"), transaction():
        places.restore(member, by=world.viewer("policelead"))
    db.session.refresh(member)
    with transaction():
        places.restore(member, by=world.viewer("coordinator"))
    with transaction():
        places.suspend(member, by=world.viewer("policelead"))
    with transaction():
        places.restore(member, by=world.viewer("policelead"))
    assert member.state is MembershipState.ACTIVE
    assert member.suspended_as is None


@pytest.mark.parametrize(
    ("by", "words", "lead_may"),
    [("coordinator", "Only a coordinator can", 404), ("policelead", "A lead of the agency, or", 200)],
)
def test_the_page_says_who_can_lift_it(client_for, world: World, by: str, words: str, lead_may: int) -> None:
    path = f"/east-test/people/{world.people['officer'].user_id}"
    assert client_for(by).submit(f"{path}/suspend").status_code == 303
    lead = client_for("policelead")
    page = lead.get(path).text
    assert words in page
    assert (f"{path}/restore" in page) is (lead_may == 200)
    assert lead.get(f"{path}/restore").status_code == lead_may
    assert client_for("coordinator").get(f"{path}/restore").status_code == 200


def test_a_suspension_from_before_is_a_coordinators(client_for, world: World) -> None:
    path = f"/east-test/people/{world.people['suspended'].user_id}/restore"
    assert client_for("policelead").get(path).status_code == 404
    assert client_for("coordinator").submit(path).status_code == 303
