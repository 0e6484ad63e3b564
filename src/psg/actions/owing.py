"""What an action makes people owe, and whom its changes are told to. Written with the change, sent by the worker."""

import uuid

from psg import clock
from psg.access import Role
from psg.actions.models import Action
from psg.actions.rules import ReminderPlan, name_of
from psg.cases.models import Case
from psg.partnerships.addresses import slug_of
from psg.partnerships.holding import holders
from psg.reminders import kinds
from psg.reminders import operations as reminders

GIVEN = "action-given"
DUE = "action-due"
ESCALATION = "action-escalation"
CHASED = "action-chased"


def plan_for(case: Case) -> ReminderPlan:
    """When people of the case's group are reminded."""
    return ReminderPlan.of(kinds.settings_for(case.partnership_id, case.group_id))


def owe(action: Action, case: Case) -> None:
    """Its owner owes it by its date, and the lead of the owner's agency hears of it when it stays undone."""
    plan, today = plan_for(case), clock.today()
    reference = name_of(action.number, case.reference)
    reminders.owe(
        reminders.Owed(
            partnership_id=action.partnership_id,
            kind=DUE,
            record_id=action.id,
            case_id=case.id,
            reference=reference,
            path=path_of(action),
            user_id=action.owner_id,
            agency_id=None if action.owner_id else action.owner_agency_id,
            group_id=None if action.owner_id else case.group_id,
            due_on=action.due_on,
            next_on=plan.first_to_owner(action.due_on, today),
        ),
        reminders.Owed(
            partnership_id=action.partnership_id,
            kind=ESCALATION,
            record_id=action.id,
            case_id=case.id,
            reference=reference,
            path=f"/{slug_of(action.partnership_id)}/agency-actions",
            agency_id=action.owner_agency_id,
            role=Role.AGENCY_LEAD.value,
            due_on=action.due_on,
            next_on=plan.first_to_lead(action.due_on, today),
        ),
    )


def reschedule(action: Action, case: Case) -> None:
    """Its date has moved: both are told by the new one."""
    plan, today = plan_for(case), clock.today()
    for kind, first in (
        (DUE, plan.first_to_owner(action.due_on, today)),
        (ESCALATION, plan.first_to_lead(action.due_on, today)),
    ):
        reminders.reschedule(
            partnership_id=action.partnership_id,
            record_id=action.id,
            kind=kind,
            due_on=action.due_on,
            next_on=first,
        )


def settle(action: Action) -> None:
    """Nobody owes it any more."""
    reminders.settle(partnership_id=action.partnership_id, record_id=action.id)


def tell_given(action: Action, case: Case, *, giving: uuid.UUID, by: uuid.UUID) -> list[uuid.UUID]:
    """Tell the owner at once, unless they did it themselves; gives who is told. giving: the entry of the history."""
    told = [user_id for user_id in owners(action, case) if user_id != by]
    for user_id in told:
        tell(action, case, user_id, GIVEN, key=str(giving))
    return told


def tell(action: Action, case: Case, user_id: uuid.UUID, kind: str, *, key: str) -> None:
    """One message about one action. The same key is the same message, sent once."""
    reminders.tell(
        user_id=user_id,
        kind=kind,
        key=key,
        partnership_id=action.partnership_id,
        details={
            "action_id": str(action.id),
            "reference": name_of(action.number, case.reference),
            "due_on": action.due_on.isoformat(),
            "path": path_of(action),
        },
    )


def owners(action: Action, case: Case) -> list[uuid.UUID]:
    """Who is told of it: the person, or the agency's members of the group, or the agency's leads when it has none."""
    if action.owner_id is not None:
        return [action.owner_id]
    members: list[uuid.UUID] = []
    if case.group_id is not None:
        members = holders(
            action.partnership_id, Role.PRACTITIONER, group_id=case.group_id, agency_id=action.owner_agency_id
        )
    return members or holders(action.partnership_id, Role.AGENCY_LEAD, agency_id=action.owner_agency_id)


def path_of(action: Action) -> str:
    """The action's page, below the base address."""
    return f"/{slug_of(action.partnership_id)}/actions/{action.id}"
