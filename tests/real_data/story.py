"""The year's autumn of the East Cambridgeshire group, told with the published cases: from set-up to escalation.

Every step keeps what people saw, pages and mails; the tests look at that afterwards.
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from psg import clock, wiring
from psg.access import Viewer
from psg.accounts.models import User
from psg.actions import operations as actions
from psg.actions.models import Action
from psg.audit.seal import seal_all
from psg.audit.verify import Report, verify
from psg.cases import operations as cases
from psg.cases import queries
from psg.cases.models import Case
from psg.cases.values import CaseValues, PersonValues
from psg.cli.keys import add as add_keys
from psg.cli.setup import setup
from psg.db import db, reading_done, transaction
from psg.meetings import operations as meetings
from psg.meetings.live import workbench
from psg.meetings.models import AgendaItem, Meeting
from psg.meetings.rules import Attended
from psg.partnerships.models import Agency, Group
from psg.people.rules import Names
from psg.reminders.models import Delivery
from tests.browsing import Browser
from tests.real_data import timelines
from tests.real_data.place import GROUP, PASSWORD, PEOPLE, SIGNATORIES, SLUG, set_up_file
from tests.real_data.site import BASE, Letter, Site
from tests.real_data.timelines import AGENCIES, UNSIGNED, Happening, Timeline
from tests.reminders.servers import until

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
_HTTP_OUTCOME = "SCN-01"
_OWNERS = ("police", "district", "housing", "care", "fire", "schools")
_REFERENCE = re.compile(r"/cases/(EC-[A-Z0-9]{4}-[A-Z0-9]{2})")


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
class Story:
    """What happened, and what people saw of it."""

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

    def tell(self) -> None:
        """Everything, in order."""
        self._set_up()
        self._log_cases()
        self._accept()
        self._publish()
        self._meet()
        self._let_time_pass()
        self._read_back()

    # Set-up: the file, the keys, the invitations that arrive by mail, the signatures

    def _set_up(self) -> None:
        site, file = self.site, self.site.folder / "east-cambs.yaml"
        file.write_text(set_up_file(START.date()), encoding="utf-8")
        runner = site.app.test_cli_runner()
        for command, arguments in ((setup, [str(file)]), (add_keys, [SLUG]), (setup, [str(file)])):
            done = runner.invoke(command, arguments, env=site.environment)
            assert done.exit_code == 0, done.output
        site.start()
        self._post("invited")
        for letter in self.letters["invited"]:
            (link,) = [link for link in letter.links if "/invitations/" in link]
            name = next((name for name, person in PEOPLE.items() if person.email == letter.to), None)
            if name is not None:
                self._join(name, link.removeprefix(BASE).rstrip("."))
        self._post("signed")

    def _join(self, name: str, path: str) -> None:
        person, browser = PEOPLE[name], Browser(self.site.app)
        answer = browser.submit(path, {"first_name": person.first, "last_name": person.last, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        if name in SIGNATORIES and person.agency != UNSIGNED:
            confirm = f"/{SLUG}/agreements/sharing/1/sign/confirm"
            signature = {"name": f"{person.first} {person.last}", "post": "Director", "authority": "yes"}
            answer = browser.submit(confirm, signature | {"password": PASSWORD})
            assert answer.status_code == 303, answer.text

    # The cases

    def _log_cases(self) -> None:
        for timeline in timelines.read(self.data):
            referrer = timeline.agencies[0]
            lead = [agency for agency in timeline.agencies if agency != UNSIGNED][-1]
            log = self._log_by_forms if timeline.id in BY_FORMS else self._log
            reference = log(timeline, referrer)
            with self.site.app.app_context():
                case_id = db.session.scalars(select(Case.id).where(Case.reference == reference)).one()
            self.told.append(Told(timeline, case_id, reference, referrer, lead))
        self._post("logged")

    def _log(self, timeline: Timeline, referrer: str) -> str:
        number = timeline.given["source"].get("case")
        with self.site.app.app_context():
            numbers = [(self._agency(referrer), str(number), "Published case number")] if number else []
        values = CaseValues(
            title=timeline.given["title"],
            narrative=timeline.narrative,
            subject_kind=timeline.subject_kind,
            themes=timeline.themes,
            lawful_basis=("cda-115", "public-task"),
            purpose=("prevent-crime-asb", "safeguard"),
            handling=("normal",),
            referral={"why_agencies": f"At the table: {', '.join(timeline.given['agencies'])}"},
            people=[
                PersonValues(
                    names=Names(aliases=(party["ref"],), known=False),
                    role=role,
                    details={
                        "note": party["type"],
                        "how_we_know": party["role"],
                        "vulnerabilities": party.get("vulnerability", ""),
                    },
                )
                for role, party in timeline.people
            ],
            places=[{"description": words} for words in timeline.places],
            references=numbers,
        )
        with self.site.app.app_context(), transaction():
            case = cases.log_case(self._group().partnership_id, self._group().id, values, by=self._viewer(referrer))
            return case.reference

    def _log_by_forms(self, timeline: Timeline, referrer: str) -> str:
        browser = self._browser(referrer)
        people, places = list(timeline.people), list(timeline.places)
        first: dict[str, Any] = {"subject_kind": timeline.subject_kind.value}
        if timeline.subject_kind == "place":
            first["place_description"] = places.pop(0)
        else:
            first |= _person_fields(*people.pop(0))
        draft = f"/{SLUG}/cases/{_REFERENCE.search(_sent(browser, f'/{SLUG}/cases/log', first))[1]}"  # type: ignore[index]
        for role, party in people:
            _sent(browser, f"{draft}/log/people/add", _person_fields(role, party))
        for words in places:
            _sent(browser, f"{draft}/log/places/add", {"description": words})
        what = {"title": timeline.given["title"], "narrative": timeline.narrative, "at_risk_now": "no"}
        _sent(browser, f"{draft}/log/what", {**what, "themes": timeline.themes})
        why = {"why_agencies": f"At the table: {', '.join(timeline.given['agencies'])}"}
        lists = {"lawful_basis": ["cda-115", "public-task"], "purpose": ["prevent-crime-asb"], "handling": ["normal"]}
        _sent(browser, f"{draft}/log/why", {**why, **lists})
        with self.site.app.app_context():
            group = str(self._group().id)
        _sent(browser, f"{draft}/log/check", {"group": group})
        return draft.rsplit("/", 1)[1]

    def _accept(self) -> None:
        self.site.clock.set(ACCEPTED)
        for number, told in enumerate(self.told):
            if told.timeline.id != WAITING:
                review_on = clock.add_working_days(date(2026, 9, 24), number)
                self._accept_one(told, review_on, "chair" if number % 2 else "coordinator")
            write = self._write_by_forms if told.timeline.id in BY_FORMS else self._write
            write(told, told.referrer if told.timeline.id == WAITING else told.lead)
        closing = self._told(CLOSED)
        with self.site.app.app_context():
            case = self._case(closing)
            with transaction(hold=(case,)):
                cases.propose_closure(case, reason="Nothing more can be done.", by=self._viewer(closing.lead))
        self._post("accepted")

    def _accept_one(self, told: Told, review_on: date, decider: str) -> None:
        if told.timeline.id in BY_FORMS:
            with self.site.app.app_context():
                lead = {"lead_agency": str(self._agency(told.lead)), "lead_officer": str(self._user(told.lead))}
            answers = {"decision": "accept", "reason": "Several agencies are needed.", "review_on-choice": "another"}
            _sent(self._browser(decider), f"{told.path}/decide", answers | lead | _day_boxes("review_on", review_on))
            return
        with self.site.app.app_context():
            case = self._case(told)
            with transaction(hold=(case,)):
                cases.accept(
                    case,
                    lead_agency_id=self._agency(told.lead),
                    lead_officer_id=self._user(told.lead),
                    review_on=review_on,
                    reason="Several agencies are needed.",
                    by=self._viewer(decider),
                )

    def _write(self, told: Told, writer: str) -> None:
        with self.site.app.app_context():
            case, by = self._case(told), self._viewer(writer)
            for event in told.timeline.events:
                with transaction(hold=(case,)):
                    cases.add_event(
                        case,
                        kind=event.kind,
                        when=event.when,
                        what=event.what,
                        who=event.by,
                        owning_agency_id=self._agency(event.agency),
                        by=by,
                    )

    def _write_by_forms(self, told: Told, writer: str) -> None:
        browser = self._browser(writer)
        with self.site.app.app_context():
            agencies = {key: str(self._agency(key)) for key in AGENCIES}
        for event in told.timeline.events:
            _sent(browser, f"{told.path}/notes/add", _note_fields(event, agencies))

    # The meeting

    def _publish(self) -> None:
        self.site.clock.set(PUBLISHED)
        with self.site.app.app_context():
            meeting = self._meeting(MEETING_ON)
            path = f"/{SLUG}/meetings/{meeting.id}"
            with transaction(hold=(meeting,)):
                meetings.publish(meeting, by=self._viewer("chair"))
        browser = self._browser("police")
        self.agenda = Agenda(
            page=browser.get(path).text,
            printed=browser.get(f"{path}/print").text,
            pdf=browser.get(f"{path}/agenda.pdf").data,
        )
        self.unsigned_status = self._browser(UNSIGNED).get(path).status_code
        self._post("published")
        self.site.clock.set(clock.at_local(MEETING_ON - timedelta(days=1), MORNING))
        with self.site.app.app_context():
            # The scheduler looks every other second; the first sign of it is a delivery of that kind.
            until("the worker has seen that there is a meeting tomorrow", lambda: self._deliveries("meeting-tomorrow"))
        self._post("meeting tomorrow")

    def _deliveries(self, kind: str) -> int:
        found = len(db.session.scalars(select(Delivery.id).where(Delivery.kind == kind)).all())
        reading_done()
        return found

    def _meet(self) -> None:
        self.site.clock.set(clock.at_local(MEETING_ON, time(10, 0)))
        with self.site.app.app_context():
            meeting, chair = self._meeting(MEETING_ON), self._viewer("chair")
            came = {
                self._user(name): meetings.Presence(
                    self._agency(person.agency),
                    Attended.APOLOGIES if person.agency == UNSIGNED else Attended.HERE,
                )
                for name, person in PEOPLE.items()
                if person.role in ("chair", "practitioner", "coordinator")
            }
            with transaction(hold=(meeting,)):
                meetings.record_attendance(meeting, came, by=chair)
                meetings.read_statement(meeting, by=chair)
        labels = timelines.interventions(self.data)
        for told in self.told:
            ideas = [] if told.timeline.id == CLOSED else told.timeline.to_do(labels)
            decide = self._decide_by_form if told.timeline.id == _HTTP_OUTCOME else self._decide
            decide(told, ideas)
        with self.site.app.app_context():
            meeting = self._meeting(MEETING_ON)
            with transaction(hold=(meeting,)):
                meetings.end_meeting(meeting, by=self._viewer("chair"))
        self.agenda.minutes = self._browser("police").get(f"/{SLUG}/meetings/{meeting.id}/minutes").text
        self._post("met")

    def _decide(self, told: Told, ideas: list[str]) -> None:
        with self.site.app.app_context():
            meeting, case, chair = self._meeting(MEETING_ON), self._case(told), self._viewer("chair")
            with transaction(hold=(meeting, case)):
                item = self._item(meeting, told)
                meetings.record_outcome(item, meeting, case, decision=self._decision(told), by=chair)
                for what in ideas:
                    owner, to_person = self._next_owner()
                    action = actions.add_action(
                        case,
                        what=what,
                        owner_agency_id=self._agency(owner),
                        owner_id=self._user(owner) if to_person else None,
                        due_on=DUE,
                        meeting_id=meeting.id,
                        by=chair,
                    )
                    self._note_given(action, told, owner, to_person)

    def _decide_by_form(self, told: Told, ideas: list[str]) -> None:
        with self.site.app.app_context():
            meeting = self._meeting(MEETING_ON)
            path = f"/{SLUG}/meetings/{meeting.id}/run/{self._item(meeting, told).id}"
            fields: dict[str, Any] = {
                "decision": "keep-open",
                "agreed": "It goes on.",
                "next_review_on-choice": "another",
            }
            fields |= _day_boxes("next_review_on", NEXT_MEETING_ON)
            owners = [self._next_owner(after) for after in range(len(ideas))]
            for number, (what, (owner, to_person)) in enumerate(zip(ideas, owners, strict=True), start=1):
                chosen = f"{self._agency(owner)}/{self._user(owner)}" if to_person else f"{self._agency(owner)}"
                fields |= {f"what_{number}": what, f"owner_{number}": chosen} | _day_boxes(f"due_{number}", DUE)
        _sent(self._browser("chair"), path, fields)
        with self.site.app.app_context():
            made = list(
                db.session.scalars(select(Action).where(Action.case_id == told.case_id).order_by(Action.number))
            )
        for action, (owner, to_person) in zip(made, owners, strict=True):
            self._note_given(action, told, owner, to_person, ideas[action.number - 1])

    def _decision(self, told: Told) -> meetings.Decision:
        agreed = f"Outcome in the source: {told.timeline.given['outcome'].get('status', '')}"
        match told.timeline.id:
            case identity if identity == WAITING:
                return meetings.Decision(
                    code="accept",
                    agreed=agreed,
                    next_review_on=NEXT_MEETING_ON,
                    lead_agency_id=self._agency(told.lead),
                    lead_officer_id=self._user(told.lead),
                )
            case identity if identity == CLOSED:
                return meetings.Decision(
                    code="close", agreed=agreed, close_reason="no-lawful-reason", changed_for_person="Nobody knows."
                )
            case identity if identity == DEFERRED:
                return meetings.Decision(
                    code="defer", agreed=agreed, next_review_on=NEXT_MEETING_ON + timedelta(days=7)
                )
            case identity if identity == ESCALATED:
                return meetings.Decision(code="escalate", agreed=agreed, next_review_on=NEXT_MEETING_ON)
        return meetings.Decision(code="keep-open", agreed=agreed, next_review_on=NEXT_MEETING_ON)

    def _next_owner(self, after: int = 0) -> tuple[str, bool]:
        number = len(self.given) + after
        return _OWNERS[number % len(_OWNERS)], number // len(_OWNERS) % 2 == 0

    def _note_given(self, action: Action, told: Told, owner: str, to_person: bool, what: str = "") -> None:
        name = f"action {action.number} of {told.reference}"
        self.given.append(Given(action.id, name, what or action.what or "", owner, to_person))

    # The clock

    def _let_time_pass(self) -> None:
        self._morning("due in a week", DUE - timedelta(days=7))
        self.site.clock.set(clock.at_local(DUE - timedelta(days=4), time(14, 0)))
        for given in self.given[::5]:
            with self.site.app.app_context():
                action = db.session.scalars(select(Action).where(Action.id == given.action_id)).one()
                with transaction(hold=(action,)):
                    actions.mark_done(action, outcome="Done as agreed.", by=self._viewer(given.owner))
            given.done = True
        self._post("some are done")
        self._morning("due today", DUE)
        self._morning("overdue", DUE + timedelta(days=1))
        self._morning("escalated", DUE + timedelta(days=14))

    def _morning(self, moment: str, day: date) -> None:
        self.site.clock.set(clock.at_local(day, MORNING))
        self._post(moment)

    # Looking at it all

    def _read_back(self) -> None:
        browser = self._browser("police")
        for told in self.told:
            self.timelines[told.reference] = browser.get(f"{told.path}/timeline?order=oldest").text
            self.overviews[told.reference] = browser.get(told.path).text
            self.prints[told.reference] = browser.get(f"{told.path}/print?what=whole").text
            self.people_pages[told.reference] = browser.get(f"{told.path}/people").text
        self.ready = Browser(self.site.app).get("/readyz").status_code
        with self.site.app.app_context():
            chair = self._viewer("chair")
            place = chair.standing(self._group().partnership_id)
            assert place is not None
            bench = workbench(chair, place, self._meeting(NEXT_MEETING_ON))
            self.next_agenda = {
                line.case.reference: " ".join(str(why["code"]) for why in line.reasons) for line in bench.agenda.lines
            }
            reading_done()
            seal_all(everything=True)
            self.report = verify()

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

    # Finding things; each needs an application context but the first

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


def _sent(browser: Browser, path: str, fields: Mapping[str, Any]) -> str:
    """Fill the form at an address and send it; where it leads."""
    answer = browser.submit(path, dict(fields))
    assert answer.status_code == 303, f"{path}: {answer.status_code}\n{_errors(answer.text)}"
    return str(answer.location)


def _errors(page: str) -> str:
    return "\n".join(re.findall(r'<p[^>]*class="govuk-error-message"[^>]*>(.*?)</p>', page, re.DOTALL))


def _person_fields(role: str, party: Mapping[str, str]) -> dict[str, str]:
    return {
        "role": role,
        "not_known": "yes",
        "aliases": party["ref"],
        "note": party["type"],
        "how_we_know": party["role"],
        "vulnerabilities": party.get("vulnerability", ""),
    }


def _day_boxes(name: str, day: date) -> dict[str, str]:
    return {f"{name}-day": str(day.day), f"{name}-month": str(day.month), f"{name}-year": str(day.year)}


_COMMON = ("incident", "contact", "visit", "call", "action", "support")


def _note_fields(event: Happening, agencies: Mapping[str, str]) -> dict[str, str]:
    kind = {"kind": event.kind} if event.kind in _COMMON else {"other_kind": event.kind}
    who = {"what": event.what, "who": event.by, "agency": agencies[event.agency]}
    return {"day": "another", **event.boxes, **kind, **who}
