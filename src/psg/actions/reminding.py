"""The kinds of reminder and message about actions. No text of an action, no names: references, dates and a link."""

import uuid
from collections.abc import Sequence
from datetime import date

from psg.access import Permission, Viewer, policy
from psg.access.facts import ActionFacts, PartnershipFacts
from psg.actions import owing, queries
from psg.actions.rules import ReminderPlan
from psg.partnerships.addresses import slug_of
from psg.reminders import kinds
from psg.reminders.kinds import Message, MessageKind, ObligationKind
from psg.reminders.models import Obligation
from psg.reminders.outgoing import Outgoing
from psg.web.words import long_date, plural


def _owes(viewer: Viewer, action: ActionFacts) -> bool:
    """Whether it is this person who owes the action, and may know of it."""
    if action.owner_id is not None:
        return action.owner_id == viewer.user_id and policy.permits(viewer, Permission.ACTION_READ, action)
    if viewer.agency_in(action.partnership_id) != action.owner_agency_id:
        return False
    return policy.permits(viewer, Permission.ACTION_UPDATE, action) or _leads(viewer, action)


def _leads(viewer: Viewer, action: ActionFacts) -> bool:
    if viewer.agency_in(action.partnership_id) != action.owner_agency_id:
        return False
    return policy.permits(viewer, Permission.AGENCY_ACTIONS, PartnershipFacts(action.partnership_id))


def _still_open(owed: Sequence[Obligation]) -> dict[uuid.UUID, ActionFacts]:
    """The facts of what is still to be done, by obligation."""
    found: dict[uuid.UUID, ActionFacts] = {}
    for partnership_id in {obligation.partnership_id for obligation in owed}:
        here = [obligation for obligation in owed if obligation.partnership_id == partnership_id]
        facts = queries.open_facts(partnership_id, {obligation.record_id for obligation in here})
        found |= {one.id: facts[one.record_id] for one in here if one.record_id in facts}
    return found


def _due_wanted(viewer: Viewer, _obligation: Obligation, action: ActionFacts) -> bool:
    return _owes(viewer, action)


def _escalation_wanted(viewer: Viewer, _obligation: Obligation, action: ActionFacts) -> bool:
    return _leads(viewer, action)


def _plan(obligation: Obligation) -> ReminderPlan:
    return ReminderPlan.of(kinds.settings_for(obligation.partnership_id, obligation.group_id))


def _due_again(obligation: Obligation, told_on: date) -> date | None:
    return _plan(obligation).to_owner.after(obligation.due_on, told_on)


def _escalate_again(obligation: Obligation, told_on: date) -> date | None:
    return _plan(obligation).to_lead.after(obligation.due_on, told_on)


def _escalation_line(obligation: Obligation, today: date) -> str:
    late = plural((today - obligation.due_on).days, "day")
    return f"{obligation.reference}, due {long_date(obligation.due_on)}, {late} overdue"


def _escalation_subject(count: int) -> str:
    return f"{plural(count, 'action')} of your agency {'is' if count == 1 else 'are'} overdue"


def _told_action(delivery: Outgoing) -> ActionFacts | None:
    """The facts of the action that a mail is about, while it is still to be done."""
    if delivery.partnership_id is None:
        return None
    action_id = uuid.UUID(delivery.details["action_id"])
    return queries.open_facts(delivery.partnership_id, {action_id}).get(action_id)


def _told_wanted(viewer: Viewer, delivery: Outgoing) -> bool:
    action = _told_action(delivery)
    return action is not None and _owes(viewer, action)


def _date(delivery: Outgoing) -> str:
    return long_date(date.fromisoformat(delivery.details["due_on"]))


def _link(viewer: Viewer, delivery: Outgoing) -> str:
    """The action's page, or the agency's list for a lead, who may not open it."""
    action = _told_action(delivery)
    if action is not None and not policy.permits(viewer, Permission.ACTION_READ, action):
        return f"/{slug_of(action.partnership_id)}/agency-actions"
    return str(delivery.details["path"])


def _given_words(viewer: Viewer, delivery: Outgoing) -> Message:
    reference, action = delivery.details["reference"], _told_action(delivery)
    mine = action is not None and action.owner_id == viewer.user_id
    whose = "yours" if mine else "your agency's"
    given = "You have" if mine else "Your agency has"
    return Message(
        subject=f"PSG: {reference} is {whose}, due {_date(delivery)}",
        paragraphs=[f"{given} been given {reference}. It is due {_date(delivery)}."],
        link=_link(viewer, delivery),
        why=f"You get this because an action was given to {'you' if mine else 'your agency'}.",
    )


def _chased_words(viewer: Viewer, delivery: Outgoing) -> Message:
    reference = delivery.details["reference"]
    return Message(
        subject=f"PSG: {reference} is asked about",
        paragraphs=[
            f"Somebody who works on the case asks about {reference}, due {_date(delivery)}.",
            "Say on its page that it is done, or how it is going.",
        ],
        link=_link(viewer, delivery),
        why="You get this because the action is yours or your agency's.",
    )


DUE_KIND = ObligationKind(owing.DUE, kinds.due_line, _due_again, _still_open, _due_wanted, label="Action due")
ESCALATION_KIND = ObligationKind(
    owing.ESCALATION,
    _escalation_line,
    _escalate_again,
    _still_open,
    _escalation_wanted,
    always=True,
    heading="Overdue in your agency",
    subject=_escalation_subject,
    label="Overdue action, to the agency lead",
)
GIVEN_KIND = MessageKind(owing.GIVEN, _told_wanted, _given_words, label="Action given")
CHASED_KIND = MessageKind(owing.CHASED, _told_wanted, _chased_words, label="Action asked about")

KINDS = (DUE_KIND, ESCALATION_KIND, GIVEN_KIND, CHASED_KIND)
