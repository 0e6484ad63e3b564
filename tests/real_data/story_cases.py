"""The story's beginning: everybody joins, the cases are logged, accepted and written."""

from datetime import date
from typing import Any

from sqlalchemy import select

from psg import clock
from psg.cases import operations as cases
from psg.cases.models import Case
from psg.cases.values import CaseValues, PersonValues
from psg.cli.keys import add as add_keys
from psg.cli.setup import setup
from psg.db import db, transaction
from psg.people.rules import Names
from tests.browsing import Browser
from tests.real_data import timelines
from tests.real_data.filling_in import day_boxes, note_fields, person_fields, sent
from tests.real_data.place import PASSWORD, PEOPLE, SIGNATORIES, SLUG, set_up_file
from tests.real_data.site import BASE
from tests.real_data.timelines import AGENCIES, UNSIGNED, Timeline
from tests.real_data.told import ACCEPTED, BY_FORMS, CLOSED, REFERENCE, START, WAITING, Teller, Told


class CaseTeller(Teller):
    """Joins, logs, accepts, writes."""

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
            first |= person_fields(*people.pop(0))
        draft = f"/{SLUG}/cases/{REFERENCE.search(sent(browser, f'/{SLUG}/cases/log', first))[1]}"  # type: ignore[index]
        for role, party in people:
            sent(browser, f"{draft}/log/people/add", person_fields(role, party))
        for words in places:
            sent(browser, f"{draft}/log/places/add", {"description": words})
        what = {"title": timeline.given["title"], "narrative": timeline.narrative, "at_risk_now": "no"}
        sent(browser, f"{draft}/log/what", {**what, "themes": timeline.themes})
        why = {"why_agencies": f"At the table: {', '.join(timeline.given['agencies'])}"}
        lists = {"lawful_basis": ["cda-115", "public-task"], "purpose": ["prevent-crime-asb"], "handling": ["normal"]}
        sent(browser, f"{draft}/log/why", {**why, **lists})
        with self.site.app.app_context():
            group = str(self._group().id)
        sent(browser, f"{draft}/log/check", {"group": group})
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
            sent(self._browser(decider), f"{told.path}/decide", answers | lead | day_boxes("review_on", review_on))
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
            sent(browser, f"{told.path}/notes/add", note_fields(event, agencies))
