"""Every page there is: who looks at it, and with which parts of the scene in its address."""

from dataclasses import dataclass, field
from typing import Any

from flask import Flask, url_for

from tests.journeys.scene import Scene


@dataclass(frozen=True)
class Look:
    """One page as one person sees it. `parts` fills the address: a value, or "@name" for one of the scene's."""

    endpoint: str
    who: str | None = "coordinator"
    parts: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    status: int = 200
    """What the page answers with."""

    @property
    def name(self) -> str:
        """For a test's name and a picture's file."""
        return self.endpoint + (f"-{self.note}" if self.note else "")

    def path(self, app: Flask, scene: Scene) -> str:
        """The address."""
        parts = {
            name: scene[value[1:]] if isinstance(value, str) and value.startswith("@") else value
            for name, value in self.parts.items()
        }
        rule = next(rule for rule in app.url_map.iter_rules(self.endpoint) if "GET" in (rule.methods or ()))
        if "partnership" in rule.arguments:
            parts.setdefault("partnership", "east-test")
        with app.test_request_context():
            return url_for(self.endpoint, **parts)


NO_PAGES = {
    "accounts.home": "sends on to another page",
    "cases.go_on": "sends on to the page of the draft that comes next",
    "cases.find": "sends on to the case that was looked for",
    "agreements.open_file": "a file",
    "meetings.agenda_file": "a PDF",
    "meetings.minutes_file": "a PDF",
    "meetings.calendar": "a calendar file",
    "meetings.invited_calendar": "a calendar file",
    "accounts.kept_text": "there only after a time-out: a journey of its own looks at it",
    "setup.group_file": "a file",
    "oversight.alive": "for machines",
    "oversight.ready": "for machines",
}
"""What can be asked for with GET and is no page, and why."""

_CASE = {"reference": "@reference"}
_BARE = {"reference": "@bare"}
_CROWD = {"reference": "@proposed"}
_DRAFT = {"reference": "@draft_reference"}
_ACTION = {"action_id": "@action"}
_PREPARING = {"meeting_id": "@preparing"}
_RUNNING = {"meeting_id": "@running"}
_HELD = {"meeting_id": "@held"}
_AGREED = {"meeting_id": "@agreed"}
_GROUP = {"group": "psg"}
_PERSON = {"user_id": "@person"}

LOOKS = [
    # Before signing in
    Look("accounts.sign_in", None),
    Look("accounts.blank", None),
    Look("accounts.forgotten", None),
    Look("accounts.forgotten_sent", None),
    Look("accounts.invitation", None, {"token": "@invitation"}),
    Look("accounts.invitation", None, {"token": "used-long-ago"}, note="used", status=404),
    Look("accounts.reset", None, {"token": "@reset"}),
    Look("worklist.accessibility", None),
    Look("worklist.privacy", None),
    Look("worklist.help_page", None),
    Look("worklist.help_page", "officer", note="signed-in"),
    Look("worklist.version", None),
    # One's own
    *(Look("worklist.my_work", who, note=who) for who in ("officer", "coordinator", "chair", "policelead")),
    *(
        Look("worklist.my_work", who, note=who)
        for who in ("governance", "figures", "admin", "nurse", "both", "roleless")
    ),
    Look("accounts.own_settings", "officer"),
    Look("accounts.password", "officer"),
    Look("oversight.status", "admin"),
    Look("setup.partnerships", "admin"),
    Look("setup.new_partnership", "admin"),
    # Cases
    Look("cases.index"),
    Look("cases.index", "officer", {"q": "", "state": "closed"}, note="closed"),
    Look("cases.index", "youth", note="empty"),
    Look("cases.find_person"),
    Look("cases.duplicates"),
    Look("cases.settle_duplicate", parts={"pair_id": "@pair"}),
    Look("casefile.show", "officer", _CASE),
    Look("casefile.show", "coordinator", {"reference": "@sent"}, note="sent"),
    Look("casefile.show", "referrer", {"reference": "@declined"}, note="declined"),
    Look("casefile.show", "chair", {"reference": "@closed"}, note="closed"),
    Look("casefile.show", "chair", {"reference": "@proposed"}, note="proposed"),
    Look("casefile.show", "landlord", _BARE, note="bare"),
    *(Look(f"casefile.{tab}", "officer", _CASE) for tab in ("timeline", "people", "meetings", "sharing", "print_case")),
    *(Look(f"casefile.{tab}", "officer", _BARE, note="bare") for tab in ("timeline", "people", "meetings", "sharing")),
    Look("casefile.looked", "chair", _CASE),
    Look("cases.aftercare", "chair", {"reference": "@closed"}, note="not-owed"),
    Look("casefile.print_case", "officer", _CASE | {"what": "page"}, note="page"),
    Look("casefile.print_case", "officer", _CASE | {"what": "whole"}, note="whole"),
    # One with forty people, two hundred notes and words without end
    *(Look(f"casefile.{tab}", "officer", _CROWD, note="crowded") for tab in ("show", "timeline", "people")),
    Look("casefile.print_case", "officer", _CROWD | {"what": "whole"}, note="crowded"),
    Look("cases.add_note", "officer", _CASE),
    Look("cases.correct_note", "officer", _CASE | {"event_id": "@event"}),
    Look("cases.correct_note", "officer", _CASE | {"event_id": "@own_event"}, note="own"),
    Look("cases.update_now", "officer", _CASE),
    Look("cases.person_add", "officer", _CASE),
    Look("cases.person_change", "officer", _CASE | {"involvement_id": "@involvement"}),
    Look("cases.person_remove", "officer", _CASE | {"involvement_id": "@involvement"}),
    Look("cases.place_add", "officer", _CASE),
    Look("cases.place_change", "officer", _CASE | {"place_id": "@place"}),
    Look("cases.place_remove", "officer", _CASE | {"place_id": "@place"}),
    Look("cases.number_add", "officer", _CASE),
    Look("cases.number_remove", "officer", _CASE | {"number_id": "@number"}),
    Look("cases.decide", "coordinator", {"reference": "@sent"}),
    Look("cases.lead", "coordinator", _CASE),
    Look("cases.close", "coordinator", _CASE),
    Look("cases.propose_closure", "officer", _CASE),
    Look("cases.reopen", "coordinator", {"reference": "@closed"}),
    # Log a case
    Look("cases.log", "referrer"),
    *(Look(f"cases.{step}", "referrer", _DRAFT) for step in ("who", "what", "why", "check", "delete")),
    Look("cases.alike", "referrer", {"reference": "@draft_reference"}),
    Look("cases.sent", "referrer", {"reference": "@sent"}),
    Look("cases.draft_person_add", "referrer", _DRAFT),
    Look("cases.draft_person", "referrer", _DRAFT | {"involvement_id": "@draft_involvement"}),
    Look("cases.draft_person_remove", "referrer", _DRAFT | {"involvement_id": "@draft_involvement"}),
    Look("cases.draft_place_add", "referrer", _DRAFT),
    Look("cases.draft_place", "referrer", _DRAFT | {"place_id": "@draft_place"}),
    Look("cases.draft_place_remove", "referrer", _DRAFT | {"place_id": "@draft_place"}),
    Look("cases.draft_number_add", "referrer", _DRAFT),
    Look("cases.draft_number_remove", "referrer", _DRAFT | {"number_id": "@draft_number"}),
    # Risk
    Look("risk.of_case", "officer", _CASE),
    Look("risk.of_case", "officer", _BARE, note="bare"),
    Look("risk.choose", "officer", _CASE),
    Look("risk.assess", "officer", _CASE | {"scheme": "example-person-harmed"}),
    # Actions
    Look("actions.listed"),
    Look("actions.listed", "officer", note="officer"),
    Look("actions.chase"),
    Look("actions.chase_print"),
    Look("actions.agency_actions", "policelead"),
    Look("actions.of_case", "officer", _CASE),
    Look("actions.of_case", "officer", _BARE, note="bare"),
    Look("actions.add", "officer", _CASE),
    Look("actions.show", "chair", _ACTION),
    Look("actions.show", "officer", {"action_id": "@done"}, note="done"),
    *(Look(f"actions.{what}", "chair", _ACTION) for what in ("update", "move", "give", "cancel")),
    Look("actions.outcome", "officer", {"action_id": "@done"}),
    # Meetings
    Look("meetings.index"),
    Look("meetings.index", "officer", note="officer"),
    Look("meetings.ask", "officer", _CASE),
    Look("meetings.series", parts=_GROUP),
    Look("meetings.extra", "chair", _GROUP),
    Look("meetings.standing_agenda", parts=_GROUP),
    Look("meetings.build", "chair", _PREPARING),
    Look("meetings.build", "chair", _RUNNING, note="published"),
    *(
        Look("meetings.item", "chair", _PREPARING | {"case_id": "@case_id", "what": what}, note=what)
        for what in ("move", "time", "off", "park")
    ),
    *(Look(f"meetings.{what}", "chair", _PREPARING) for what in ("add", "preview", "publish", "cancel", "change")),
    Look("meetings.invite_guest", "chair", _PREPARING | {"case_id": "@case_id"}),
    Look("meetings.invited", "guest", {"invitation_id": "@guest_invitation"}),
    Look("worklist.my_work", "guest", note="guest"),
    Look("meetings.show", "officer", _RUNNING),
    Look("meetings.show", "officer", _AGREED, note="past"),
    Look("meetings.print_agenda", "officer", _RUNNING),
    Look("meetings.run", "chair", _RUNNING),
    Look("meetings.run_item", "chair", _RUNNING | {"item_id": "@case_item"}, note="case"),
    Look("meetings.run_item", "chair", _RUNNING | {"item_id": "@text_item"}, note="text"),
    Look("meetings.end", "chair", _RUNNING),
    Look("meetings.minutes", "chair", _HELD),
    Look("meetings.minutes", "officer", _AGREED, note="agreed"),
    Look("meetings.correct", "chair", _HELD | {"item_id": "@held_item"}),
    Look("meetings.agree", "chair", _HELD),
    Look("meetings.addendum", "chair", _AGREED),
    Look("meetings.print_minutes", "chair", _AGREED),
    # Agreements
    Look("agreements.agreement_list", "governance"),
    Look("agreements.agreement_list", "officer", note="officer"),
    Look("agreements.needed", "nurse"),
    Look("cases.index", "nurse", note="unsigned", status=403),
    Look("agreements.new_agreement", "governance"),
    Look("agreements.new_version", "governance", {"agreement": "isa"}),
    Look("agreements.show_version", "governance", {"agreement": "isa", "number": 1}),
    Look("agreements.show_version", "healthlead", {"agreement": "isa", "number": 1}, note="to-sign"),
    Look("agreements.edit_version", "governance", {"agreement": "extra", "number": 2}),
    Look("agreements.add_file", "governance", {"agreement": "extra", "number": 2}),
    Look("agreements.publish", "governance", {"agreement": "extra", "number": 2}),
    Look("agreements.withdraw", "governance", {"agreement": "isa", "number": 1}),
    Look("agreements.end_signature", "governance", {"agreement": "isa", "number": 1, "agency_id": "@agency"}),
    *(
        Look(f"agreements.{step}", "healthlead", {"agreement": "isa", "number": 1})
        for step in ("sign", "sign_text", "sign_confirm")
    ),
    Look("agreements.signed", "policelead", {"agreement": "isa", "number": 1}),
    # The partnership
    Look("partnerships.home"),
    Look("partnerships.home", "officer", note="officer"),
    Look("partnerships.people_list"),
    Look("partnerships.person", parts=_PERSON),
    Look("partnerships.person", parts={"user_id": "@suspended"}, note="suspended"),
    Look("partnerships.invite"),
    Look("partnerships.invite_again", parts={"user_id": "@invited"}),
    Look("partnerships.join", "citycoordinator", {"membership_id": "@joining"}),
    Look("partnerships.suspend", parts=_PERSON),
    Look("partnerships.restore", parts={"user_id": "@suspended"}),
    Look("partnerships.give_role", parts=_PERSON),
    Look("partnerships.end_role", parts=_PERSON | {"role_id": "@role"}),
    Look("partnerships.agency_list"),
    Look("partnerships.add_agency"),
    Look("partnerships.change_agency", parts={"agency_id": "@agency"}),
    Look("partnerships.leave_agency", parts={"agency_id": "@agency"}),
    Look("partnerships.add_group"),
    *(Look(f"partnerships.{page}", parts=_GROUP) for page in ("show_group", "set_up")),
    *(Look(f"partnerships.set_up_{page}", parts=_GROUP) for page in ("terms", "members", "reminders")),
    Look("partnerships.lists"),
    Look("partnerships.one_list", parts={"name": "themes"}),
    Look("partnerships.change_term", parts={"name": "themes", "term_id": "@term"}),
    Look("partnerships.settings"),
    Look("partnerships.reminders"),
    Look("worklist.figures", "figures"),
    # Oversight
    Look("oversight.audit_trail", "governance"),
    Look("oversight.delivery_list"),
    Look("oversight.delivery", parts={"delivery_id": "@delivery"}),
]
