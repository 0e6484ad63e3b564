"""What the story is about: its dates, its cases, what was given to whom; and how to look things up in it."""

import re
import uuid
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path

from sqlalchemy import select

from psg import clock, wiring
from psg.access import Viewer
from psg.accounts.models import User
from psg.audit.verify import Report
from psg.cases import queries
from psg.cases.models import Case
from psg.db import db
from psg.meetings.models import AgendaItem, Meeting
from psg.partnerships.models import Agency, Group
from psg.reminders.models import Delivery
from tests.browsing import Browser
from tests.real_data.place import GROUP, PEOPLE, SLUG
from tests.real_data.site import BASE, Letter, Site
from tests.real_data.timelines import AGENCIES, Timeline

START = clock.at_local(date(2026, 9, 9), time(9, 30))
ACCEPTED = clock.at_local(date(2026, 9, 10), time(9, 0))
MEETING_ON = date(2026, 10, 13)
PUBLISHED = clock.at_local(date(2026, 10, 6), time(9, 0))
MORNING = time(7, 45)
DUE = date(2026, 11, 9)
"""A Monday in winter time, agreed in summer time."""
NEXT_MEETING_ON = date(2026, 12, 8)

BY_FORMS = ("SCN-01", "SCN-10")
"""Logged, accepted and written in the browser, field by field; the others through the same operations."""
WAITING, CLOSED, DEFERRED, ESCALATED = "SCN-12", "SCN-11", "SCN-05", "SCN-08"
"""Decided only at the meeting; closed there; put off; more than the group can do."""
HTTP_OUTCOME = "SCN-01"
OWNERS = ("police", "district", "housing", "care", "fire", "schools")
REFERENCE = re.compile(r"/cases/(EC-[A-Z0-9]{4}-[A-Z0-9]{2})")


@dataclass
class Told:
    """A published case in the product."""

    timeline: Timeline
    case_id: uuid.UUID
    reference: str
    referrer: str
    lead: str

    @property
    def path(self) -> str:
        """Its page."""
        return f"/{SLUG}/cases/{self.reference}"


@dataclass
class Given:
    """An action that the meeting agreed."""

    action_id: uuid.UUID
    name: str
    """As mails may call it."""
    what: str
    owner: str
    """An agency; its one practitioner in the group is told."""
    to_person: bool
    done: bool = False


@dataclass
class Agenda:
    """A published agenda as somebody sees it."""

    page: str = ""
    printed: str = ""
    pdf: bytes = b""
    minutes: str = ""


@dataclass
class Teller:
    """What happened, what people saw of it, and how to look things up in it."""

    site: Site
    data: Path
    told: list[Told] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)
    letters: dict[str, list[Letter]] = field(default_factory=dict)
    """By moment."""
    kinds: dict[str, str] = field(default_factory=dict)
    """Message-ID to the kind of message."""
    answers: dict[tuple[str, str], int] = field(default_factory=dict)
    """Recipient and address to the status of the page behind a link."""
    agenda: Agenda = field(default_factory=Agenda)
    next_agenda: dict[str, str] = field(default_factory=dict)
    """Reference to the reason on the agenda after."""
    timelines: dict[str, str] = field(default_factory=dict)
    overviews: dict[str, str] = field(default_factory=dict)
    prints: dict[str, str] = field(default_factory=dict)
    people_pages: dict[str, str] = field(default_factory=dict)
    unsigned_status: int = 0
    ready: int = 0
    report: Report | None = None

    @property
    def sources(self) -> list[Timeline]:
        """The published timelines."""
        return [told.timeline for told in self.told]

    def all_letters(self) -> list[tuple[str, Letter]]:
        """Every mail with its moment."""
        return [(moment, letter) for moment, letters in self.letters.items() for letter in letters]

    def _post(self, moment: str) -> None:
        """Let everything due go out; keep the mails, and see where their links lead for their readers."""
        letters = self.letters[moment] = self.site.letters(moment)
        with self.site.app.app_context():
            self.kinds |= {
                row.message_id: row.kind for row in db.session.execute(select(Delivery.message_id, Delivery.kind))
            }
            readers = {user.email: user.id for user in db.session.scalars(select(User))}
        for to in sorted({letter.to for letter in letters}):
            browser = Browser(self.site.app)
            browser.sign_in(readers[to])
            for link in sorted({link.rstrip(".") for letter in letters if letter.to == to for link in letter.links}):
                assert link.startswith(f"{BASE}/"), link
                if (to, link) not in self.answers:
                    self.answers[to, link] = browser.get(link.removeprefix(BASE)).status_code

    def _browser(self, name: str) -> Browser:
        with self.site.app.app_context():
            user_id = self._user(name)
        browser = Browser(self.site.app)
        browser.sign_in(user_id)
        return browser

    def _viewer(self, name: str) -> Viewer:
        viewer = wiring.viewer_of(self._user(name))
        assert viewer is not None
        return viewer

    def _user(self, name: str) -> uuid.UUID:
        return db.session.scalars(select(User.id).where(User.email == PEOPLE[name].email)).one()

    def _agency(self, key: str) -> uuid.UUID:
        return db.session.scalars(select(Agency.id).where(Agency.name == AGENCIES[key][0])).one()

    def _group(self) -> Group:
        return db.session.scalars(select(Group).where(Group.slug == GROUP)).one()

    def _meeting(self, held_on: date) -> Meeting:
        return db.session.scalars(select(Meeting).where(Meeting.held_on == held_on)).one()

    def _item(self, meeting: Meeting, told: Told) -> AgendaItem:
        wanted = select(AgendaItem).where(AgendaItem.meeting_id == meeting.id, AgendaItem.case_id == told.case_id)
        return db.session.scalars(wanted).one()

    def _case(self, told: Told) -> Case:
        viewer = self._viewer("coordinator")
        place = viewer.standing(self._group().partnership_id)
        assert place is not None
        case = queries.find(viewer, place, told.reference)
        assert case is not None
        return case

    def _told(self, identity: str) -> Told:
        return next(told for told in self.told if told.timeline.id == identity)
