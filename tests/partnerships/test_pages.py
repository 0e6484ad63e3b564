"""The partnership's pages: who may open them, what a form leaves behind, and what survives an error."""

import re
import uuid
from collections.abc import Callable
from datetime import time
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from psg import clock
from psg.access import Role
from psg.audit.events import Event
from psg.audit.models import AuditEvent
from psg.db import db, transaction
from psg.meetings import operations as meetings
from psg.meetings.planning import StandingLine
from psg.meetings.recurrence import Rhythm
from psg.meetings.rules import Section
from psg.partnerships import inviting, operations, standard_lists
from psg.partnerships.list_pages import TITLES
from psg.partnerships.models import Group, Membership, PartnerAgency, Partnership, RoleHeld, Term
from psg.partnerships.queries import membership
from psg.partnerships.rules import MembershipState
from tests.browsing import Browser
from tests.conftest import on_both
from tests.worlds import World

Client = Callable[[str | None], Browser]

OPEN = {
    "/east-test/": {"coordinator", "officer", "policelead", "figures", "nurse", "roleless"},
    "/east-test/people": {"coordinator", "policelead"},
    "/east-test/people/invite": {"coordinator", "policelead"},
    "/east-test/agencies": {"coordinator", "officer", "policelead", "figures", "nurse", "roleless"},
    "/east-test/agencies/add": {"coordinator"},
    "/east-test/groups/add": {"coordinator"},
    "/east-test/groups/psg": {"coordinator", "officer", "policelead", "figures", "nurse", "roleless"},
    "/east-test/groups/psg/set-up": {"coordinator"},
    "/east-test/groups/psg/set-up/terms": {"coordinator"},
    "/east-test/groups/psg/set-up/members": {"coordinator"},
    "/east-test/groups/psg/set-up/reminders": {"coordinator"},
    "/east-test/groups/psg/set-up/file": {"coordinator"},
    "/east-test/lists": {"coordinator"},
    "/east-test/lists/themes": {"coordinator"},
    "/east-test/settings": {"coordinator"},
    "/east-test/settings/reminders": {"coordinator"},
    "/east-test/figures": {"coordinator", "figures"},
}
WHO = ("coordinator", "officer", "policelead", "figures", "nurse", "roleless", "citycoordinator", "admin", "suspended")


@pytest.mark.parametrize("path", sorted(OPEN))
def test_who_may_open(client_for: Client, path: str) -> None:
    for name in WHO:
        answer = client_for(name).get(path)
        assert answer.status_code == (200 if name in OPEN[path] else 404), (name, path)


def test_unknown_lists_and_groups_are_not_found(client_for: Client) -> None:
    browser = client_for("coordinator")
    for path in ("/east-test/lists/secrets", "/east-test/groups/none", f"/east-test/people/{uuid.uuid4()}"):
        assert browser.get(path).status_code == 404


def test_an_agency_lead_sees_and_touches_own_people_only(client_for: Client, world: World) -> None:
    browser = client_for("policelead")
    text = browser.get("/east-test/people").text
    assert "Officer Tester" in text
    assert "Landlord Tester" not in text
    assert "Coordinator Tester" not in text
    own, other = world.people["officer"].user_id, world.people["landlord"].user_id
    assert browser.get(f"/east-test/people/{own}").status_code == 200
    assert browser.get(f"/east-test/people/{other}").status_code == 404
    assert browser.get(f"/east-test/people/{other}/suspend").status_code == 404
    assert browser.post(f"/east-test/people/{other}/suspend").status_code == 404
    assert browser.get(f"/east-test/people/{own}/roles/give").status_code == 404
    assert browser.get(f"/east-test/people/{world.people['policelead'].user_id}/suspend").status_code == 404


def test_an_agency_lead_invites_into_the_own_agency_whatever_is_sent(
    app: Flask, client_for: Client, world: World
) -> None:
    sent = {
        "first_name": "New",
        "last_name": "Officer",
        "email": "new@police.example",
        "post": "Sergeant",
        "agency": str(world.agencies["council"]),
        "role": "coordinator",
    }
    answer = client_for("policelead").submit("/east-test/people/invite", sent)
    assert answer.status_code == 303
    with app.app_context():
        member = db.session.scalars(select(Membership).where(Membership.post == "Sergeant")).one()
        assert member.agency_id == world.agencies["police"]
        assert member.state is MembershipState.INVITED
        assert not db.session.scalar(select(RoleHeld.id).where(RoleHeld.membership_id == member.id))


def test_another_agencys_invitation_cannot_be_sent_again(app: Flask, client_for: Client, world: World) -> None:
    with app.app_context(), transaction():
        member = inviting.invite_person(
            world.east,
            email="new@reed.example",
            first_name="New",
            last_name="Landlord",
            agency_id=world.agencies["housing"],
            by=world.viewer("coordinator"),
        )
        path = f"/east-test/people/{member.user_id}/invite-again"
    assert client_for("policelead").get(path).status_code == 404
    assert client_for("coordinator").submit(path).status_code == 303


@on_both
def test_a_coordinator_invites_with_a_role(app: Flask, client_for: Client, world: World) -> None:
    sent = {
        "first_name": "Una",
        "last_name": "Reed",
        "email": "una@reed.example",
        "post": "Warden",
        "agency": str(world.agencies["housing"]),
        "role": "practitioner",
        "group": str(world.groups["psg"]),
    }
    answer = client_for("coordinator").submit("/east-test/people/invite", sent, follow=True)
    assert "Invited." in answer.text
    with app.app_context():
        member = db.session.scalars(select(Membership).where(Membership.post == "Warden")).one()
        held = db.session.scalars(select(RoleHeld).where(RoleHeld.membership_id == member.id)).one()
        assert (held.role, held.group_id) == (Role.PRACTITIONER, world.groups["psg"])


def test_a_wrong_form_keeps_everything_typed(client_for: Client, world: World) -> None:
    sent = {"first_name": "Una", "last_name": "", "email": "una at reed", "post": "Warden", "agency": "nonsense"}
    answer = client_for("coordinator").submit("/east-test/people/invite", sent)
    assert answer.status_code == 422
    for words in ("Una", "una at reed", "Warden", "Enter their last name", "Error: "):
        assert words in answer.text


def test_the_same_form_twice_makes_one_thing(app: Flask, client_for: Client) -> None:
    browser, once = client_for("coordinator"), str(uuid.uuid4())
    sent = {"once": once, "name": "Night-time economy", "slug": "night"}
    first = browser.post("/east-test/groups/add", sent)
    second = browser.post("/east-test/groups/add", sent)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location == "/east-test/groups/night/set-up"
    with app.app_context():
        assert len(db.session.scalars(select(Group).where(Group.slug == "night")).all()) == 1


def test_the_set_up_says_what_is_done(app: Flask, client_for: Client, world: World) -> None:
    browser, path = client_for("coordinator"), "/east-test/groups/young/set-up"

    def said(title: str) -> str:
        """What stands beside a task."""
        lines = re.findall(r"<li class=\"govuk-task-list__item.*?</li>", browser.get(path).text, re.S)
        line = next(line for line in lines if f">{title}</a>" in line)
        return " ".join(re.sub("<[^>]+>", " ", line.partition("task-list__status")[2].partition(">")[2]).split())

    assert [said(title) for title in ("Terms of reference", "Standing agenda", "Dates")] == ["To do"] * 3
    assert said("Set-up file") == ""
    with app.app_context(), transaction():
        group = db.session.get_one(Group, (world.east, world.groups["young"]))
        lines = [StandingLine("Welcome", Section.TEXT, 5), StandingLine("Cases", Section.OPEN_PEOPLE, 10)]
        meetings.set_standing_agenda(group, lines, by=world.viewer("coordinator"))
        rhythm = Rhythm(ordinal=2, weekday=1, every_months=1, starts_from=clock.today())
        by = world.viewer("coordinator")
        meetings.set_series(group, rhythm=rhythm, at=time(10), minutes=90, place="", by=by, plan_ahead=False)
    assert said("Standing agenda") == "2 sections"
    assert said("Dates") == "Second Tuesday, every month"


@pytest.mark.parametrize("slug", ["psg", "add", "Not Good", "x" * 60])
def test_a_refused_group_keeps_what_was_typed(client_for: Client, slug: str) -> None:
    answer = client_for("coordinator").submit("/east-test/groups/add", {"name": "Another one", "slug": slug})
    assert answer.status_code == 422
    assert "Another one" in answer.text


def test_a_clash_shows_both_versions(app: Flask, client_for: Client, world: World) -> None:
    path = "/east-test/groups/psg/set-up/terms"
    mine = client_for("coordinator")
    page = mine.get(path)
    assert 'name="version" value="1"' in page.text
    with app.app_context(), transaction():
        group = db.session.get_one(Group, (world.east, world.groups["psg"]))
        operations.change_group(group, terms="Their terms", by=world.viewer("coordinator"))
    sent = {"name": "Problem Solving Group", "terms": "My terms", "version": "1"}
    clash = mine.post(path, sent)
    assert clash.status_code == 409
    assert "My terms" in clash.text
    assert "Their terms" in clash.text
    assert "saved this at " in clash.text
    assert "Somebody else" not in clash.text
    assert 'name="version" value="2"' in clash.text
    again = mine.post(path, sent | {"version": "2"})
    assert again.status_code == 303
    with app.app_context():
        assert db.session.get_one(Group, (world.east, world.groups["psg"])).terms == "My terms"


def test_roles_are_given_and_ended_by_page(app: Flask, client_for: Client, world: World) -> None:
    browser, user = client_for("coordinator"), world.people["roleless"].user_id
    given = browser.submit(f"/east-test/people/{user}/roles/give", {"role": "chair", "group": str(world.groups["psg"])})
    assert given.status_code == 303
    text = browser.get(f"/east-test/people/{user}").text
    assert "Chair of Problem Solving Group since" in text
    with app.app_context():
        member = membership(world.east, user)
        assert member is not None
        held = db.session.scalars(select(RoleHeld).where(RoleHeld.membership_id == member.id)).one()
        role_id = held.id
    other = world.people["officer"].user_id
    assert browser.get(f"/east-test/people/{other}/roles/{role_id}/end").status_code == 404, "not that person's role"
    assert browser.submit(f"/east-test/people/{user}/roles/{role_id}/end").status_code == 303
    assert "Roles that have ended" in browser.get(f"/east-test/people/{user}").text


def test_nobody_grants_to_themselves_by_page(app: Flask, client_for: Client, world: World) -> None:
    browser, me = client_for("coordinator"), world.people["coordinator"].user_id
    assert browser.get(f"/east-test/people/{me}/roles/give").status_code == 404
    sent = {"person": str(me), "role": "chair"}
    assert browser.submit("/east-test/groups/psg/set-up/members", sent).status_code == 422
    with app.app_context():
        assert not world.viewer("coordinator").standings[world.east].groups


def test_suspension_closes_an_open_session(client_for: Client, world: World) -> None:
    officer = client_for("officer")
    assert officer.get("/east-test/").status_code == 200
    path = f"/east-test/people/{world.people['officer'].user_id}/suspend"
    assert client_for("coordinator").submit(path).status_code == 303
    assert officer.get("/east-test/").status_code == 404


def test_an_agency_leaves_by_page(client_for: Client, world: World) -> None:
    officer, coordinator = client_for("officer"), client_for("coordinator")
    path = f"/east-test/agencies/{world.agencies['police']}/leave"
    assert "4 people lose access to every case at once" in coordinator.get(path).text
    assert coordinator.submit(path).status_code == 303
    assert officer.get("/east-test/").status_code == 404


def test_agencies_are_added_and_changed(app: Flask, client_for: Client, world: World) -> None:
    browser = client_for("coordinator")
    assert browser.submit("/east-test/agencies/add", {"may_refer": "yes"}).status_code == 422
    new = {"name": "Fen Fire", "short_name": "Fire", "kind": "fire", "may_refer": "no"}
    assert browser.submit("/east-test/agencies/add", new).status_code == 303
    known = {"existing": str(world.agencies["citycouncil"]), "may_refer": "yes"}
    assert browser.submit("/east-test/agencies/add", known).status_code == 303
    liaison = world.people["officer"].user_id
    path = f"/east-test/agencies/{world.agencies['police']}"
    assert browser.submit(path, {"may_refer": "no", "liaison": str(liaison)}).status_code == 303
    with app.app_context():
        place = db.session.scalars(
            select(PartnerAgency).where(
                PartnerAgency.partnership_id == world.east, PartnerAgency.agency_id == world.agencies["police"]
            )
        ).one()
        assert (place.may_refer, place.liaison_id) == (False, liaison)
    assert browser.submit(path, {"may_refer": "no", "liaison": str(uuid.uuid4())}).status_code == 422


def test_reminders_keep_only_what_differs(app: Flask, client_for: Client, world: World) -> None:
    from psg.partnerships.offsets import shown
    from psg.partnerships.reminder_settings import shipped

    browser = client_for("coordinator")
    answers = {name: str(number) for name, number in shown({}, shipped()).items()} | {"due_in": "3", "quorum": "4"}
    assert browser.submit("/east-test/groups/psg/set-up/reminders", answers).status_code == 303
    with app.app_context():
        assert db.session.get_one(Group, (world.east, world.groups["psg"])).settings == {"due-in": 3, "quorum": 4}
    assert browser.submit("/east-test/groups/psg/set-up/reminders", answers | {"due_in": "-1"}).status_code == 422


def test_lists_by_page(app: Flask, client_for: Client, world: World) -> None:
    browser = client_for("coordinator")
    assert browser.submit("/east-test/lists/themes", {"label": "Off-road bikes"}).status_code == 303
    assert browser.submit("/east-test/lists/themes", {"label": "off road bikes"}).status_code == 422
    with app.app_context():
        term = db.session.scalars(select(Term).where(Term.label == "Off-road bikes")).one()
        assert term.code == "off-road-bikes"
        other = db.session.scalars(select(Term).where(Term.partnership_id == world.city)).first()
        assert other is not None
        theirs = other.id
    path = f"/east-test/lists/themes/{term.id}"
    assert browser.submit(path, {"label": "Bikes off the road", "hint": "Any kind"}).status_code == 303
    assert browser.get(f"/east-test/lists/themes/{theirs}").status_code == 404


@pytest.mark.parametrize("name", TITLES)
def test_every_list_takes_an_entry_and_another_wording(app: Flask, client_for: Client, world: World, name: str) -> None:
    browser, path = client_for("coordinator"), f"/east-test/lists/{name}"
    assert browser.submit(path, {"label": "Words of our own"}).status_code == 303
    with app.app_context():
        entry = select(Term.id).where(Term.partnership_id == world.east, Term.list == name)
        added = db.session.scalars(entry.where(Term.label == "Words of our own")).one()
    change = {"label": "Other words of our own", "common": "no"}
    assert browser.submit(f"{path}/{added}", change).status_code == 303
    assert "Other words of our own" in browser.get(path).text


def test_standard_words_that_have_changed_are_offered_and_taken_over_by_hand(
    app: Flask, client_for: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, path = client_for("coordinator"), "/east-test/lists/themes"
    assert "Standard words now" not in browser.get(path).text
    shipped = standard_lists.standard_entries("themes")
    first, second, third = shipped[:3]

    def reworded(name: str) -> list[dict[str, Any]]:
        assert name == "themes"
        return [{**one, "label": f"{one['label']}, better said"} for one in (first, second)] + [
            {**third, "meaning": "Said anew"}
        ]

    with app.app_context():
        ids = dict(
            db.session.execute(
                select(Term.code, Term.id).where(Term.partnership_id == world.east, Term.list == "themes")
            ).all()
        )
    own = {"label": "Our own words", "hint": ""}
    assert browser.submit(f"{path}/{ids[second['code']]}", own).status_code == 303
    monkeypatch.setattr(standard_lists, "standard_entries", reworded)
    page = browser.get(path).text
    assert page.count("Standard words now") == 1, "what the partnership has said itself is left alone"
    assert f"Standard words now: {first['label']}, better said." in page
    assert "Standard meaning now: Said anew." in page
    taken = f"{path}/{ids[first['code']]}?words=standard"
    assert f'href="{taken}"' in page
    shown = browser.get(taken).text
    assert f'value="{first["label"]}, better said"' in shown
    assert f"Your partnership says: {first['label']}." in shown
    assert f'value="{first["label"]}"' in browser.get(taken.partition("?")[0]).text, "nothing has changed by looking"
    assert browser.submit(taken, {"label": f"{first['label']}, better said", "hint": ""}).status_code == 303
    page = browser.get(path).text
    assert "Standard words now" not in page
    assert f"{first['label']}, better said" in page


def test_settings_of_the_partnership(app: Flask, client_for: Client, world: World) -> None:
    sent = {"name": "East Renamed", "contact_email": "box@east.example", "marking": "OFFICIAL", "colour": "4"}
    assert client_for("coordinator").submit("/east-test/settings", sent).status_code == 303
    with app.app_context():
        partnership = db.session.get_one(Partnership, world.east)
        assert (partnership.name, partnership.colour) == ("East Renamed", 4)
        last = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
        assert last is not None
        assert (last.event, last.partnership_id) == (Event.PARTNERSHIP_CHANGED.code, world.east)


def test_looking_at_people_is_audited(app: Flask, client_for: Client, world: World) -> None:
    browser = client_for("coordinator")
    browser.get("/east-test/people")
    browser.get(f"/east-test/people/{world.people['officer'].user_id}")
    with app.app_context():
        rows = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(2)).all()
        assert [row.event for row in rows] == [Event.ACCOUNT_LOOKED_AT.code, Event.ACCOUNTS_LISTED.code]
        assert {row.partnership_id for row in rows} == {world.east}


def test_no_name_in_titles(client_for: Client, world: World) -> None:
    text = client_for("coordinator").get(f"/east-test/people/{world.people['officer'].user_id}").text
    title = text.split("<title>")[1].split("</title>")[0]
    assert "Officer" not in title
