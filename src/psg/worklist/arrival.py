"""What every request of a signed-in person needs, in one statement: session, account, places, and actions due.

Asked one by one these were three questions on every page, each a way to the database and back. They are still read
afresh at each request, so a right that ended a moment ago has ended.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Date, and_, bindparam, func, select, true

from psg import clock
from psg.accounts import sessions
from psg.accounts.models import UserSession
from psg.actions.models import Action
from psg.actions.rules import ActionState
from psg.agreements import queries as agreements
from psg.cases.models import Case
from psg.cases.rules import CaseState
from psg.db import ask
from psg.partnerships.models import Membership

_DUE = (
    select(func.count(Action.id))
    .join(Case, and_(Case.partnership_id == Action.partnership_id, Case.id == Action.case_id))
    .where(
        Action.partnership_id == Membership.partnership_id,
        Action.owner_id == Membership.user_id,
        Action.state == ActionState.OPEN,
        Action.due_on <= bindparam("today", type_=Date()),
        Case.state == CaseState.OPEN,
    )
    .correlate(Membership)
    .scalar_subquery()
)
_WHOSE = select(UserSession.user_id).where(UserSession.id_hash == bindparam("id_hash")).scalar_subquery()
_HELD = agreements.PLACES.where(Membership.user_id == _WHOSE).add_columns(_DUE.label("due")).subquery("held")
_ARRIVAL = (
    sessions.BY_COOKIE.outerjoin(_HELD, true())
    .add_columns(*(column for column in _HELD.c if column.key != "user_id"))
    .order_by(_HELD.c.name)
)


def look_up(id_hash: bytes) -> Sequence[Any]:
    """The session of a cookie: one row for each role held, one without a place for none; empty for no such session."""
    return ask(_ARRIVAL, {"id_hash": id_hash, "today": clock.today()})


def due_count() -> int:
    """How many open actions of the person asking are due today or overdue, where their agency has signed."""
    session = sessions.current()
    return sum({row.partnership_id: row.due for row in session.beside if row.signed}.values()) if session else 0
