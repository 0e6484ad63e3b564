"""A small application for the reminders alone: their tables, and people read straight from the database."""

import uuid
from collections.abc import Collection
from datetime import date, datetime
from pathlib import Path

from flask import Flask
from jinja2 import StrictUndefined
from sqlalchemy import Table, select

from psg import clock, paths
from psg.access.roles import Role
from psg.access.viewer import Standing, Viewer
from psg.accounts.models import User
from psg.db import db, init_app, transaction
from psg.db.session import engine_options
from psg.ids import new_id
from psg.partnerships.models import Agency, Partnership
from psg.reminders import kinds, operations
from psg.reminders.models import Attempt, Delivery, DeliveryLine, Obligation, SignOfLife
from psg.reminders.rules import owner_rhythm
from psg.settings import Settings

MODELS = (User, Agency, Partnership, Obligation, Delivery, DeliveryLine, Attempt, SignOfLife)
RHYTHM = owner_rhythm(7, 7)
GONE = "gone"
"""An obligation of this stage is wanted by nobody."""


def _wanted(_viewer: Viewer, obligation: Obligation, _same: Obligation) -> bool:
    return obligation.stage != GONE


ACTION = kinds.ObligationKind(
    "action-due",
    kinds.due_line,
    lambda obligation, told_on: RHYTHM.after(obligation.due_on, told_on),
    kinds.themselves,
    _wanted,
)
ESCALATION = kinds.ObligationKind(
    "action-escalated",
    kinds.due_line,
    lambda _obligation, _told_on: None,
    kinds.themselves,
    _wanted,
    always=True,
    heading="Overdue in your agency",
    subject=lambda count: f"{count} actions of your agency are overdue",
)
MEETING = kinds.ObligationKind(
    "meeting-tomorrow", kinds.due_line, lambda _obligation, _told_on: None, kinds.themselves, _wanted, own_message=True
)
MEETING_MAIL = kinds.MessageKind(
    "meeting-tomorrow",
    lambda _viewer, _delivery: True,
    lambda _viewer, delivery: kinds.Message(
        "PSG: meeting tomorrow at 10am",
        ["The meeting is tomorrow."],
        ics="BEGIN:VCALENDAR",
        link=delivery.details["path"],
    ),
)
NOTE = kinds.MessageKind(
    "note",
    lambda _viewer, delivery: not delivery.details.get("gone"),
    lambda _viewer, delivery: kinds.Message(
        str(delivery.details.get("subject", "PSG: a note")), ["Something is new.", ["one", "two"]], link="/my-work"
    ),
)
TOKEN = kinds.MessageKind(
    "token",
    lambda _viewer, _delivery: True,
    lambda _viewer, _delivery: kinds.Message(
        "Set up your PSG account",
        ["Secret token.", "Here: https://psg.example.gov.uk/reset/a_b-c. It works once."],
        keep_body=False,
    ),
    needs_place=False,
)
BROKEN = kinds.MessageKind(
    "broken", lambda _viewer, _delivery: True, lambda _viewer, delivery: delivery.details["missing"]
)

HOLDERS: dict[str, list[uuid.UUID]] = {}
MUTED: set[uuid.UUID] = set()
TIMES: dict[uuid.UUID, str] = {}
ABSENT: set[uuid.UUID] = set()
"""People with an account and no membership any more."""


def _viewer_of(user_id: uuid.UUID) -> Viewer | None:
    user = db.session.get(User, user_id)
    if user is None:
        return None
    places = {
        place.id: Standing(
            partnership_id=place.id,
            slug=place.slug,
            name=place.name,
            prefix=place.prefix,
            agency_id=new_id(),
            agency="Police",
            membership_id=new_id(),
            roles=frozenset({Role.COORDINATOR}),
            agreement_signed=True,
        )
        for place in db.session.scalars(select(Partnership))
        if user_id not in ABSENT
    }
    return Viewer(user_id=user.id, first_name=user.first_name, name=user.name, email=user.email, standings=places)


def _recipients(user_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, kinds.Recipient]:
    found = {user_id: _viewer_of(user_id) for user_id in user_ids}
    return {user_id: kinds.Recipient(viewer, user_id in MUTED) for user_id, viewer in found.items() if viewer}


def make_app(database_url: str, mail_url: str, broker_url: str = "memory://") -> Flask:
    """An application with the test's kinds, without tables."""
    app = Flask("psg", template_folder=str(paths.TEMPLATES), static_folder=None)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.config.update(SQLALCHEMY_DATABASE_URI=database_url, SQLALCHEMY_ENGINE_OPTIONS=engine_options(database_url))
    app.extensions["psg.settings"] = Settings(
        database_url=database_url,
        database_owner_url=database_url,
        broker_url=broker_url,
        keys=Path("none"),
        root_key_file=None,
        anchor_file=Path("none"),
        base_url="https://psg.example.gov.uk",
        mail_url=mail_url,
        mail_from="PSG <psg@example.gov.uk>",
    )
    init_app(app)
    kinds.register(ACTION, ESCALATION, MEETING, MEETING_MAIL, NOTE, TOKEN, BROKEN)
    kinds.connect(
        kinds.Directory(
            recipients=_recipients,
            holders=lambda _partnership, role, _group, _agency: HOLDERS.get(role, []),
            settings_for=lambda partnership, _group: {"digest-time": TIMES.get(partnership, "07:30")},
            contact_of=lambda _partnership: "coordinator@example.gov.uk",
        )
    )
    return app


def tables() -> list[Table]:
    """The tables of the reminders and of the people they are for."""
    return [model.__table__ for model in MODELS]


def make_tables(app: Flask) -> None:
    """Make the tables that are not there yet."""
    with app.app_context():
        db.metadata.create_all(db.engine, tables=tables())


def people(count: int, domain: str = "example.gov.uk") -> list[uuid.UUID]:
    """Add some people; their ids."""
    users = [
        User(
            id=new_id(),
            email=f"person{number}@{domain}",
            first_name="Priya",
            last_name=f"N{number}",
            created_at=clock.now(),
        )
        for number in range(count)
    ]
    with transaction():
        db.session.add_all(users)
    return [user.id for user in users]


def partnership(slug: str = "east-cambs", prefix: str = "EC") -> uuid.UUID:
    """Add a partnership; its id."""
    record = Partnership(id=new_id(), slug=slug, name=slug, prefix=prefix, created_at=clock.now())
    with transaction():
        db.session.add(record)
    return record.id


def owe(
    partnership_id: uuid.UUID,
    due_on: date,
    *,
    user_id: uuid.UUID | None = None,
    next_on: date | None = None,
    kind: str = "action-due",
    stage: str = "",
    role: str = "",
    reference: str = "action 1 of EC-7QK4-M2",
) -> Obligation:
    """Owe something in a transaction of its own; told on the due date unless said otherwise."""
    record_id = new_id()
    with transaction():
        operations.owe(
            operations.Owed(
                partnership_id=partnership_id,
                kind=kind,
                record_id=record_id,
                stage=stage,
                reference=reference,
                path="/east-cambs/cases/EC-7QK4-M2",
                user_id=user_id,
                role=role,
                due_on=due_on,
                next_on=next_on or due_on,
            )
        )
    return operations.owed(partnership_id, record_id)[0]


def tell(user_id: uuid.UUID, kind: str = "note", key: str = "1", **values: object) -> None:
    """Tell somebody something in a transaction of its own."""
    with transaction():
        operations.tell(user_id=user_id, kind=kind, key=key, **values)  # type: ignore[arg-type]


def deliveries() -> list[Delivery]:
    """Every delivery as it stands in the database."""
    found = db.session.scalars(
        select(Delivery).order_by(Delivery.id), execution_options={"populate_existing": True}
    ).all()
    db.session.commit()
    return list(found)


def set_clock(moment: datetime) -> None:
    """Stop the clock at a moment."""
    clock.source = lambda: moment
