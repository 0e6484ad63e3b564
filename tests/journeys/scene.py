"""A world with work in it, so that every page has something to show. Nobody in it is real."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from psg import clock
from psg.accounts import operations as accounts
from psg.accounts.models import PasswordLink
from psg.agreements import operations as agreements
from psg.db import db, transaction
from psg.partnerships import inviting
from psg.partnerships import operations as partnerships
from psg.partnerships.models import Membership, RoleHeld, Term
from psg.reminders.models import Attempt, Delivery
from psg.reminders.rules import DeliveryState
from tests.journeys.painting_cases import days_ago
from tests.journeys.painting_meetings import MeetingPainter
from tests.journeys.site import Site


@dataclass
class Scene:
    """What there is to look at: parts of addresses by short names."""

    values: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


class FullSite(Site):
    """A site whose template holds the scene."""

    def __init__(self, folder: Path) -> None:
        self.scene = Scene()
        super().__init__(folder)

    def _fill(self) -> None:
        from psg.app import create_app

        filler = create_app(self.settings)
        with filler.app_context():
            _Painter(self.world, self.scene.values).paint()
            db.session.remove()
            db.engine.dispose()


class _Painter(MeetingPainter):
    """Puts the scene into an empty world. Needs an application context."""

    def paint(self) -> None:
        """Everything, in the order in which it happens."""
        with days_ago(120):
            self._standing_agenda()
            self._main_case()
        self._later_work()
        self._other_cases()
        self._draft()
        self._meetings()
        self._agreements()
        self._people_here()
        self._reminders()

    def _agreements(self) -> None:
        by, today = self.who["governance"], clock.today()
        values = {
            "text": "We share what is needed, and no more.\n\nEach agency answers for what it gives.",
            "purposes": "Prevent crime and antisocial behaviour",
            "in_force_from": today,
            "ends_on": today + timedelta(days=300),
            "review_on": today + timedelta(days=200),
            "sign_by": today + timedelta(days=30),
            "by": by,
        }
        with transaction():
            extra = agreements.create_agreement(
                self.east, slug="extra", title="Sharing for reviews", opens_cases=False, by=by
            )
            published = agreements.draft_version(extra, file=b"%PDF-1.7", file_name="agreement.pdf", **values)
            agreements.publish_version(published, parties={self.world.agencies["police"]: None}, by=by)
            agreements.draft_version(extra, **values)

    def _people_here(self) -> None:
        with transaction():
            user = accounts.create_user(
                email="new@test.example", first_name="Nadia", last_name="Newcomer", by=self.who["coordinator"]
            )
            partnerships.add_member(
                self.east,
                user_id=user.id,
                agency_id=self.world.agencies["council"],
                post="Warden",
                by=self.who["coordinator"],
            )
            invitation = accounts.invite(user, partnership_id=self.east, by=self.who["coordinator"])
            asked = inviting.invite_person(
                self.east,
                email="citycoordinator@test.example",
                first_name="City",
                last_name="Coordinator",
                agency_id=self.world.agencies["council"],
                post="Community safety officer",
                by=self.who["coordinator"],
            )
            accounts.ask_reset("officer@test.example")
        self.values["invited"], self.values["joining"] = user.id, asked.id
        self.values["invitation"] = accounts.token_of(invitation.id)
        reset = db.session.scalars(
            select(PasswordLink).where(PasswordLink.user_id == self.world.people["officer"].user_id)
        ).one()
        self.values["reset"] = accounts.token_of(reset.id)
        self.values["person"] = self.world.people["officer"].user_id
        self.values["suspended"] = self.world.people["suspended"].user_id
        self.values["agency"] = self.world.agencies["police"]
        self.values["role"] = db.session.scalars(
            select(RoleHeld.id)
            .join(Membership, Membership.id == RoleHeld.membership_id)
            .where(Membership.partnership_id == self.east, Membership.user_id == self.world.people["officer"].user_id)
        ).first()
        self.values["term"] = db.session.scalars(
            select(Term.id).where(Term.partnership_id == self.east, Term.list == "themes")
        ).first()

    def _reminders(self) -> None:
        now = clock.now()
        with transaction():
            for number, state in enumerate((DeliveryState.SENT, DeliveryState.WAITING, DeliveryState.FAILED)):
                delivery = Delivery(
                    user_id=self.world.people["officer"].user_id, partnership_id=self.east, kind="action-given",
                    key=f"scene-{number}", state=state, details={}, created_at=now, next_try_at=now, attempts=number,
                    sent_at=now if state is DeliveryState.SENT else None, message_id="<1@psg.test>", answer="451",
                    subject="PSG: an action was given to you", body="Action 1 of a case, due Monday.",
                )  # fmt: skip
                db.session.add(delivery)
                db.session.flush()
                db.session.add(Attempt(delivery_id=delivery.id, at=now, outcome=state, answer="451"))
        self.values["delivery"] = delivery.id
