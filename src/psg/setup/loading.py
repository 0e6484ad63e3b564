"""Carrying a set-up file out through the same operations as the pages. Run twice, the second time changes nothing."""

import uuid
from dataclasses import asdict
from typing import Any

from sqlalchemy import select

from psg import audit
from psg.access import Role
from psg.accounts import queries as accounts
from psg.accounts.models import User
from psg.agreements import operations as agreements
from psg.agreements.models import Agreement
from psg.audit import Actor
from psg.audit.events import Event
from psg.crypto import keyring
from psg.db import DomainError, db
from psg.meetings import operations as meetings
from psg.meetings.models import StandingItem
from psg.meetings.planning import rhythm_of, series_of
from psg.partnerships import bases, inviting, reminder_settings
from psg.partnerships import operations as partnerships
from psg.partnerships.models import Agency, Group, Membership, PartnerAgency, Partnership, RoleHeld
from psg.partnerships.queries import by_slug, membership
from psg.risk import operations as risk
from psg.setup.file import AgencyPart, AgreementPart, GroupPart, PersonPart, SetUp


class Loader:
    """One run over one file; `changes` are the sentences of what was changed. Inside `transaction()`."""

    def __init__(self, wanted: SetUp, *, by: Actor) -> None:
        self.wanted = wanted
        self.by = by
        self.changes: list[str] = []
        self.partnership: Partnership
        self.keys_missing = False
        self._agencies: dict[str, uuid.UUID] = {}
        self._groups: dict[str, Group] = {}

    def run(self) -> list[str]:
        """Make the partnership what the file says. Nothing that the file leaves out is taken away."""
        self._make_partnership()
        for agency in self.wanted.agencies:
            self._make_agency(agency)
        for group in self.wanted.groups:
            self._make_group(group)
        for person in self.wanted.people:
            self._make_person(person)
        if self.wanted.agreement is not None:
            self._make_agreement(self.wanted.agreement)
        if risk.load_schemes(self.partnership.id, by=self.by):
            self.changes.append("risk schemes copied")
        if self.changes:
            audit.record(Event.SETUP_LOADED, self.partnership, by=self.by, partnership_id=self.partnership.id)
        return self.changes

    def _make_partnership(self) -> None:
        part = self.wanted.partnership
        found = by_slug(part.slug)
        own = {name: value for name, value in asdict(part).items() if name not in ("reminders", "usual_lawful_bases")}
        if found is None:
            found = partnerships.create_partnership(**own, by=self.by)
            self.changes.append(f"partnership {part.name} added")
        elif found.prefix != part.prefix:
            raise DomainError(f"{part.slug} begins its references with {found.prefix}, which cannot be changed.")
        else:
            new = _differing(found, {k: v for k, v in own.items() if k not in ("slug", "prefix")})
            if new:
                partnerships.change_partnership(found, by=self.by, **new)
                self.changes.append(f"partnership: {', '.join(new)} changed")
        if changed := reminder_settings.change(found.id, part.reminders, by=self.by):
            self.changes.append(f"partnership: reminders {', '.join(changed)} changed")
        usual = part.usual_lawful_bases
        if usual is not None and bases.name_usual(found.id, usual, by=self.by):
            self.changes.append(f"partnership: usual lawful bases are now {', '.join(usual) or 'none'}")
        self.partnership = found
        self.keys_missing = not keyring().has_partnership(found.id)

    def _make_agency(self, part: AgencyPart) -> None:
        known = db.session.scalar(select(Agency.id).where(Agency.name == part.name))
        agency = partnerships.find_or_add_agency(name=part.name, short_name=part.short_name, kind=part.kind, by=self.by)
        if known is None:
            self.changes.append(f"agency {part.name} added")
        self._agencies[part.name] = agency.id
        place = db.session.scalar(
            select(PartnerAgency).where(
                PartnerAgency.partnership_id == self.partnership.id, PartnerAgency.agency_id == agency.id
            )
        )
        if place is None or place.left_on is not None:
            partnerships.join_agency(self.partnership.id, agency, may_refer=part.may_refer, by=self.by)
            self.changes.append(f"{part.name} joined")
        elif place.may_refer != part.may_refer:
            partnerships.change_agency_place(place, may_refer=part.may_refer, liaison_id=place.liaison_id, by=self.by)
            self.changes.append(f"{part.name}: whether it may log cases changed")
        db.session.flush()

    def _make_group(self, part: GroupPart) -> None:
        found = db.session.scalar(
            select(Group).where(Group.partnership_id == self.partnership.id, Group.slug == part.slug)
        )
        if found is None:
            found = partnerships.create_group(
                self.partnership.id,
                slug=part.slug,
                name=part.name,
                terms=part.terms,
                settings=dict(part.settings),
                by=self.by,
            )
            self.changes.append(f"group {part.name} added")
        elif new := _differing(found, {"name": part.name, "terms": part.terms, "settings": dict(part.settings)}):
            partnerships.change_group(found, by=self.by, **new)
            self.changes.append(f"group {part.name}: {', '.join(new)} changed")
        self._groups[part.slug] = found
        self._set_standing_agenda(found, part)
        self._set_meetings(found, part)

    def _set_standing_agenda(self, group: Group, part: GroupPart) -> None:
        if part.standing_agenda and part.standing_agenda != standing_lines(group):
            meetings.set_standing_agenda(group, part.standing_agenda, by=self.by)
            self.changes.append(f"group {part.name}: standing agenda set")

    def _set_meetings(self, group: Group, part: GroupPart) -> None:
        """Meetings hold sealed notes, so they wait for the partnership's keys."""
        wanted, kept = part.meetings, series_of(group)
        if wanted is None or self.keys_missing:
            return
        if kept is not None:
            now = (rhythm_of(kept), kept.at, kept.minutes, kept.place)
            if now == (wanted.rhythm, wanted.at, wanted.minutes, wanted.place):
                return
        meetings.set_series(
            group, rhythm=wanted.rhythm, at=wanted.at, minutes=wanted.minutes, place=wanted.place, by=self.by
        )
        self.changes.append(f"group {part.name}: meetings planned")

    def _make_person(self, part: PersonPart) -> None:
        user = accounts.by_email(part.email)
        member = membership(self.partnership.id, user.id) if user is not None else None
        if member is None:
            member = inviting.invite_person(
                self.partnership.id,
                email=part.email,
                first_name=part.first_name,
                last_name=part.last_name,
                agency_id=self._agencies[part.agency],
                post=part.post,
                by=self.by,
            )
            self.changes.append(f"{part.email} invited")
        elif member.agency_id != self._agencies[part.agency]:
            raise DomainError(f"{part.email} already acts for another agency here. Change that on their page first.")
        for role, group in part.roles:
            self._give(member, role, self._groups[group].id if group else None, part.email)

    def _give(self, member: Membership, role: Role, group_id: uuid.UUID | None, who: str) -> None:
        held = db.session.scalar(
            select(RoleHeld.id).where(
                RoleHeld.partnership_id == member.partnership_id,
                RoleHeld.membership_id == member.id,
                RoleHeld.role == role,
                RoleHeld.group_id == group_id if group_id else RoleHeld.group_id.is_(None),
                RoleHeld.ended_at.is_(None),
            )
        )
        if held is None:
            partnerships.grant_role(member, role, group_id=group_id, by=self.by)
            db.session.flush()
            self.changes.append(f"{who} given the role {role.value}")

    def _make_agreement(self, part: AgreementPart) -> None:
        """An agreement that is there already is left alone: a published version is what people signed."""
        known = select(Agreement.id).where(Agreement.partnership_id == self.partnership.id, Agreement.slug == part.slug)
        if db.session.scalar(known) is not None:
            return
        agreement = agreements.create_agreement(self.partnership.id, slug=part.slug, title=part.title, by=self.by)
        version = agreements.draft_version(
            agreement,
            by=self.by,
            text=part.text,
            purposes=part.purposes,
            in_force_from=part.in_force_from,
            sign_by=part.sign_by,
            review_on=part.review_on,
            ends_on=part.ends_on,
        )
        self.changes.append(f"agreement {part.title} added")
        if part.publish:
            parties = {
                agency_id: self._user_id(part.signatories.get(name)) for name, agency_id in self._agencies.items()
            }
            agreements.publish_version(version, parties=parties, by=self.by)
            self.changes.append(f"agreement {part.title} published")

    def _user_id(self, email: str | None) -> uuid.UUID | None:
        return db.session.scalar(select(User.id).where(User.email == email)) if email else None


def standing_lines(group: Group) -> list[meetings.StandingLine]:
    """The group's standing agenda as it is."""
    kept = db.session.scalars(
        select(StandingItem)
        .where(StandingItem.partnership_id == group.partnership_id, StandingItem.group_id == group.id)
        .order_by(StandingItem.position)
    )
    return [meetings.StandingLine(item.title, item.section, item.minutes) for item in kept]


def _differing(record: Any, wanted: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in wanted.items() if getattr(record, name) != value}
