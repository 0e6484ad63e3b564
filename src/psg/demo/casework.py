"""The work on each case: referred, decided, notes, scores, actions, closure. One step for each thing that was done."""

import uuid
from collections.abc import Callable, Iterator
from datetime import date
from zlib import crc32

from sqlalchemy import select

from psg import clock
from psg.actions import operations as actions
from psg.actions.models import Action
from psg.cases import operations as cases
from psg.cases import queries
from psg.cases.models import Case
from psg.db import db, transaction
from psg.demo import rhythms, values
from psg.demo.reading import Row
from psg.demo.timing import MORNING, Act, Step
from psg.demo.world import World
from psg.meetings.models import Meeting
from psg.meetings.rules import HAPPENED
from psg.risk import operations as risk
from psg.risk import queries as schemes

FIRST_REVIEW = 28
"""Days from acceptance to the first review."""
_LAST_LOOK = -6
"""Days ago when lead officers last looked at their cases, so that there is something new since."""

_NEAR = 8
"""Days by which an action is moved to the meeting that agreed it."""

Entry = tuple[int, int, Act, int]
"""Day as an offset, place within the day, what is done, and the earliest minute for it."""


def steps(world: World) -> Iterator[Step]:
    """Everything that happened to every case."""
    for row in world.content.cases:
        yield from _Casework(world, row).steps()


class _Casework:
    """The steps of one case. Those of one day keep the order in which they are written here."""

    def __init__(self, world: World, row: Row) -> None:
        self.world = world
        self.row = row
        self.slug: str = row["partnership"]
        self.partnership_id: Callable[[], uuid.UUID] = lambda: world.partnerships[self.slug]
        self._used: dict[date, int] = {}

    def steps(self) -> Iterator[Step]:
        """In order, each day's one after the other."""
        found: list[Entry] = [(self.row["referred"], 0, self._refer, 0)]
        decision = self.row.get("decision")
        if decision:
            found.append((decision["offset"], 2, self._decide, 0))
            if self.row["state"] in ("accepted", "closed"):
                found.append((max(_LAST_LOOK, decision["offset"]), 8, self._look, 0))
        found += [(note["entered"], 1, self._note(note), 0) for note in self.row["notes"]]
        found += [(score["offset"], 3, self._assess(score), 0) for score in self.row["risk"]]
        for action in self.row["actions"]:
            found += self._action(action)
        if now := self.world.content.now.get(self.row["key"]):
            found.append((now["offset"], 7, self._now(now["text"]), 0))
        for closure in self.row.get("closures", ()):
            found.append((closure["offset"], 6, self._propose_closure(closure), 0))
        if reopened := self.row.get("reopened"):
            found.append((reopened["offset"], 0, self._reopen(reopened), 0))
        for offset, _, act, earliest in sorted(found, key=lambda one: one[:2]):
            yield self._step(offset, act, earliest)

    def _step(self, offset: int, act: Act, earliest: int) -> Step:
        day = self.world.calendar.at_work(offset)
        nth = self._used[day] = self._used.get(day, -1) + 1
        start = MORNING + crc32(self.row["key"].encode()) % 100
        return Step(day, max(start, earliest) + 12 * nth, act)

    # What is done

    def _refer(self) -> None:
        world, by = self.world, self.world.viewer(self.row["logged_by"])
        with transaction():
            if self.row["state"] == "draft":
                case = self._draft()
            else:
                group_id = world.groups[self.slug, self.row["group"]]
                case = cases.log_case(self.partnership_id(), group_id, values.referral(self.world, self.row), by=by)
        world.cases[self.row["key"]] = case.id
        world.case_rows[case.id] = self.row

    def _draft(self) -> Case:
        """A referral that its writer has not finished: everything but the last page."""
        given, by = values.referral(self.world, self.row), self.world.viewer(self.row["logged_by"])
        case = cases.start_draft(self.partnership_id(), subject_kind=given.subject_kind, by=by)
        for person in given.people:
            cases.add_person(
                case, names=person.names, role=person.role, born=person.born, details=person.details, by=by
            )
        for place in given.places:
            cases.add_place(case, details=place, by=by)
        cases.set_what(
            case, title=given.title, narrative=given.narrative, themes=given.themes, referral=given.referral, by=by
        )
        return case

    def _decide(self) -> None:
        decision = self.row["decision"]
        kind, by, reason = decision["decision"], self.world.viewer(decision["by"]), decision["reason"]
        with transaction():
            case = self.case(decision["by"])
            if kind == "accepted":
                lead = self.row["lead_officer"]
                cases.accept(
                    case,
                    lead_agency_id=self.world.agencies[self.row["lead_agency"]],
                    lead_officer_id=self.world.users[lead],
                    review_on=clock.working_day_on_or_after(self._first_review()),
                    reason=reason,
                    by=by,
                )
            elif decision.get("reason_code") == "other-group":
                self._to_other_group(case, decision)
            else:
                cases.decline(case, reason_code=decision["reason_code"], reason=reason, by=by)

    def _to_other_group(self, case: Case, decision: Row) -> None:
        """Passed on within the partnership, and taken there at once by the same coordinator; the referrer leads it."""
        by, referrer = self.world.viewer(decision["by"]), self.row["logged_by"]
        others = [group for slug, group in self.world.groups if slug == self.slug and group != self.row["group"]]
        other = self.world.groups[self.slug, others[0]]
        cases.pass_on(case, group_id=other, reason=decision["reason"], reason_code=decision["reason_code"], by=by)
        cases.accept(
            case,
            lead_agency_id=self.world.agencies[self.world.user_row(referrer)["agency"]],
            lead_officer_id=self.world.users[referrer],
            review_on=clock.working_day_on_or_after(self.world.calendar.today),
            reason=decision["reason"],
            by=by,
        )

    def _first_review(self) -> date:
        """Four weeks on; a meeting sets the next one. In the last weeks the one that stands today."""
        offset = self.row["decision"]["offset"]
        if offset + FIRST_REVIEW >= self.row["review_due"] or offset > -2 * FIRST_REVIEW:
            return max(self.world.calendar.due(self.row["review_due"]), clock.today())
        return self.world.calendar.day(offset + FIRST_REVIEW)

    def _look(self) -> None:
        officer = self.row["lead_officer"]
        case = self.case(officer)
        with transaction():
            cases.seen(case, by=self.world.viewer(officer))

    def _now(self, text: str) -> Act:
        def act() -> None:
            officer = self.row["lead_officer"]
            with transaction():
                cases.set_now(self.case(officer), text=text, by=self.world.viewer(officer))

        return act

    def _note(self, note: Row) -> Act:
        def act() -> None:
            writer = self._worker(note["agency"]) or self.row["logged_by"]
            with transaction():
                cases.add_event(
                    self.case(writer),
                    kind=note["kind"],
                    when=values.when(self.world, note["offset"], note["precision"], note.get("when", "")),
                    what=note["text"],
                    who=note.get("who", ""),
                    owning_agency_id=self.world.agencies[note["agency"]],
                    by=self.world.viewer(writer),
                )

        return act

    def _worker(self, agency: str) -> str | None:
        """Somebody of an agency who works on the cases of this group."""
        for row in self.world.content.users:
            roles = [role for role in row["roles"] if role["partnership"] == self.slug]
            if row.get("agency") == agency and any(role.get("group") == self.row["group"] for role in roles):
                return str(row["key"])
        return None

    def _assess(self, score: Row) -> Act:
        def act() -> None:
            evidence = score.get("evidence", {})
            override = score.get("override")
            scheme = schemes.scheme(self.partnership_id(), score["scheme"], score["version"])
            if scheme is None:
                raise LookupError(f"{self.row['key']}: there is no scheme {score['scheme']}")
            with transaction():
                risk.assess(
                    self.case(score["by"]),
                    scheme=scheme,
                    answers={code: (option, evidence.get(code, "")) for code, option in score["answers"].items()},
                    override=(override["band"], override["reason"]) if override else None,
                    by=self.world.viewer(score["by"]),
                )

        return act

    def _action(self, action: Row) -> Iterator[Entry]:
        made: dict[str, uuid.UUID] = {}
        owner = action["owner"]
        doer = self._worker(owner) or self.row["lead_officer"] if owner in self.world.content.agencies else owner

        def set_it() -> None:
            owner_id, agency_id = self.world.owner(owner)
            by = self._chair()
            with transaction():
                case = self.case(by)
                added = actions.add_action(
                    case,
                    what=action["what"],
                    owner_id=owner_id,
                    owner_agency_id=agency_id,
                    due_on=max(self.world.calendar.due(action["due"]), clock.today()),
                    priority=action["priority"],
                    meeting_id=self._meeting_today(case),
                    by=self.world.viewer(by),
                )
            made["id"] = added.id

        def progress(text: str) -> Act:
            def act() -> None:
                with transaction():
                    actions.note_progress(self._owned(made["id"], doer), text=text, by=self.world.viewer(doer))

            return act

        def end() -> None:
            by = self.world.viewer(doer)
            with transaction():
                ended = self._owned(made["id"], doer)
                if action["state"] == "done":
                    actions.mark_done(ended, outcome=action["result"], by=by)
                else:
                    actions.mark_not_done(ended, reason=action["result"], by=by)

        yield self._set_at(action, set_it)
        for entry in action.get("progress", ()):
            yield entry["offset"], 5, progress(entry["text"]), 0
        if "ended" in action:
            yield action["ended"], 5, end, 0

    def _set_at(self, action: Row, act: Act) -> Entry:
        """When it was agreed: at the group's meeting of those days if there was one, else between meetings."""
        first = self.row["decision"]["offset"] + 1
        later = [action["due"], action.get("ended", 0), *(entry["offset"] for entry in action.get("progress", ()))]
        today = self.world.calendar.today
        for held_on in rhythms.dates(self._group(), self.world.calendar):
            offset = (held_on - today).days
            if abs(offset - action["set"]) <= _NEAR and first <= offset < min(*later, 0):
                at = rhythms.begins(self._group())
                return offset, 9, act, at.hour * 60 + at.minute + 60
        return action["set"], 4, act, 0

    def _group(self) -> Row:
        """The case's group in the content."""
        partnership = next(row for row in self.world.content.partnerships if row["slug"] == self.slug)
        group: Row = next(group for group in partnership["groups"] if group["slug"] == self.row["group"])
        return group

    def _owned(self, action_id: uuid.UUID, by: str) -> Action:
        case = self.case(by)
        return db.session.get_one(Action, (self.partnership_id(), action_id)).know_case(case.facts())

    def _chair(self) -> str:
        """Who gives out actions: the chair of the case's group."""
        return str(self._group()["chair"])

    def _meeting_today(self, case: Case) -> uuid.UUID | None:
        """The group's meeting of today, at which an action was agreed."""
        return db.session.scalar(
            select(Meeting.id).where(
                Meeting.partnership_id == case.partnership_id,
                Meeting.group_id == case.group_id,
                Meeting.state.in_(HAPPENED),
                Meeting.held_on == clock.today(),
            )
        )

    def _propose_closure(self, closure: Row) -> Act:
        """Its lead asks for closure; the next meeting decides."""

        def act() -> None:
            with transaction():
                cases.propose_closure(
                    self.case(closure["by"]), reason=closure["text"], by=self.world.viewer(closure["by"])
                )

        return act

    def _reopen(self, reopened: Row) -> Act:
        def act() -> None:
            with transaction():
                cases.reopen(
                    self.case(reopened["by"]),
                    reason=reopened["text"],
                    review_on=max(self.world.calendar.due(self.row["review_due"]), clock.today()),
                    by=self.world.viewer(reopened["by"]),
                )

        return act

    def case(self, by: str) -> Case:
        """The case as that person's page would load it: facts, key and last look."""
        place, viewer = self.world.place(by, self.slug), self.world.viewer(by)
        case = queries.find_id(viewer, place, self.world.cases[self.row["key"]])
        if case is None:
            raise LookupError(f"case {self.row['key']} has not been made")
        return case
