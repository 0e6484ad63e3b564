"""Meetings: agendas, guests, what was said and decided, minutes, an addendum."""

from datetime import time, timedelta

from psg import clock
from psg.cases.models import Case
from psg.db import db, transaction
from psg.meetings import drafting, guests
from psg.meetings import operations as meetings
from psg.meetings.loaders import Found
from psg.meetings.models import AgendaItem, Meeting
from psg.meetings.rules import Attended, ComesAs, Section
from psg.partnerships.models import Group
from tests.canary.plant_cases import cases_find
from tests.canary.words import Scene, token
from tests.worlds import World


def add_meetings(world: World, scene: Scene) -> None:
    """psg: one preparing, one published, one held, one agreed; young and the other partnership: one published."""
    plans = (
        ("east", "psg", "preparing", 40, "chair"),
        ("east", "psg", "published", 12, "chair"),
        ("east", "psg", "held", 0, "chair"),
        ("east", "young", "youngmeeting", 14, "youthchair"),
        ("city", "citypsg", "citymeeting", 0, "citycoordinator"),
    )
    for tenant, group_name, name, days, who in plans:
        place, by = world.partnerships[tenant], world.viewer(who)
        group = db.session.get(Group, (place, world.groups[group_name]))
        assert group is not None
        with transaction():
            if name in ("preparing", "youngmeeting", "citymeeting"):
                lines = [
                    meetings.StandingLine(token(tenant, "standing", group_name), Section.TEXT, 5),
                    meetings.StandingLine("Open cases", Section.OPEN_PEOPLE, 30),
                ]
                meetings.set_standing_agenda(group, lines, by=by)
            meeting = meetings.add_meeting(
                group,
                held_on=clock.today() + timedelta(days=days),
                at=time(10, 0),
                minutes=120,
                place=token(tenant, "meeting", name, "place"),
                by=by,
            )
        scene.ids[name] = meeting.id
        case_name = {"young": "young", "citypsg": "city"}.get(group_name, "open")
        case = db.session.get(Case, (place, scene.ids[case_name]))
        assert case is not None
        with transaction(hold=(meeting,)):
            meetings.put_on(meeting, case.id, by=by)
        if name != "preparing":
            with transaction(hold=(meeting,)):
                meetings.publish(meeting, by=by)
        for item in _items(meeting):
            scene.ids[
                f"{name}-{'item' if item.case_id == case.id else 'standing' if item.case_id is None else 'other'}"
            ] = item.id


def add_guests(world: World, scene: Scene) -> None:
    """The guest is invited to the case open at three meetings, of which one is published and lies ahead; to that one
    also once more, withdrawn."""
    by, guest = world.viewer("chair"), world.people["guest"].user_id
    case = cases_find(world, "east", scene.ids["open"])
    for name in ("published-withdrawn", "published", "preparing", "held"):
        meeting = db.session.get(Meeting, (world.east, scene.ids[name.split("-")[0]]))
        assert meeting is not None
        reason = token("east", "open", "invited", name)
        with transaction(hold=(meeting,)):
            made = guests.invite(meeting, case, user_id=guest, comes_as=ComesAs.GUEST, reason=reason, by=by)
        scene.ids[f"{name}-invitation"] = made.id
        if name.endswith("withdrawn"):
            with transaction(hold=(made,)):
                guests.withdraw(made, by=by)


def add_what_is_not_recorded(world: World, scene: Scene) -> None:
    """What the chair is typing at the meeting published: on the case open, and on the standing item."""
    by = world.viewer("chair")
    meeting = db.session.get(Meeting, (world.east, scene.ids["published"]))
    assert meeting is not None
    case = cases_find(world, "east", scene.ids["open"])
    for item in _items(meeting):
        if item.case_id == case.id:
            found, fields = Found(item, case), {"agreed": token("east", "open", "unrecorded")}
        elif item.case_id is None and item.section is Section.TEXT:
            found, fields = Found(item, None), {"text": token("east", "unrecorded", "standing")}
        else:
            continue
        with transaction(hold=(item,)):
            drafting.page_of(found, by).keep(fields)


def _items(meeting: Meeting) -> list[AgendaItem]:
    return db.session.query(AgendaItem).filter_by(partnership_id=meeting.partnership_id, meeting_id=meeting.id).all()


def add_what_meetings_decided(world: World, scene: Scene) -> None:
    for tenant, name, who, case_name in (
        ("east", "held", "chair", "open"),
        ("city", "citymeeting", "citycoordinator", "city"),
    ):
        place, by = world.partnerships[tenant], world.viewer(who)
        meeting = db.session.get(Meeting, (place, scene.ids[name]))
        assert meeting is not None
        case = cases_find(world, tenant, scene.ids[case_name])
        guest = world.people["officer" if tenant == "east" else "cityofficer"].user_id
        with transaction(hold=(meeting,)):
            presence = meetings.Presence(world.agencies["police"], Attended.DEPUTY, token(tenant, name, "deputy"))
            meetings.record_attendance(meeting, {guest: presence}, by=by)
            for item in _items(meeting):
                if item.case_id == case.id:
                    agreed = meetings.Decision(
                        code="keep-open",
                        agreed=token(tenant, case_name, "outcome"),
                        next_review_on=clock.today() + timedelta(days=30),
                    )
                    outcome = meetings.record_outcome(item, meeting, case, decision=agreed, by=by)
                    scene.ids[f"{name}-outcome"] = outcome.id
                elif item.case_id is None and item.section is Section.TEXT:
                    meetings.record_note(item, meeting, token(tenant, name, "minutes"), by=by)
        with transaction(hold=(meeting,)):
            meetings.end_meeting(meeting, by=by)
        if tenant == "city":
            with transaction(hold=(meeting,)):
                meetings.agree_minutes(meeting, by=by)
            with transaction(hold=(meeting,)):
                meetings.add_addendum(meeting, token(tenant, name, "addendum"), by=by)
    _agreed_meeting(world, scene)


def _agreed_meeting(world: World, scene: Scene) -> None:
    """A meeting of the group psg whose minutes are agreed, with an addendum."""
    by = world.viewer("chair")
    meeting = db.session.get(Meeting, (world.east, scene.ids["held"]))
    assert meeting is not None
    scene.ids["agreed"] = meeting.id
    with transaction(hold=(meeting,)):
        meetings.agree_minutes(meeting, by=by)
    with transaction(hold=(meeting,)):
        meetings.add_addendum(meeting, token("east", "held", "addendum"), by=by)
