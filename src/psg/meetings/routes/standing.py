"""A group's standing agenda: its fixed sections, their order and time."""

from typing import Any

from flask import flash
from sqlalchemy import select
from werkzeug.wrappers import Response as Answer

from psg import clock, reference
from psg.access import Permission, page, requires, viewer
from psg.audit import Event
from psg.db import db
from psg.meetings import operations
from psg.meetings.models import StandingItem
from psg.meetings.planning import StandingLine
from psg.meetings.routes import bp
from psg.meetings.routes.shared import address, save
from psg.meetings.rules import CASE_SECTIONS, Section
from psg.partnerships.models import Group
from psg.partnerships.queries import find_group
from psg.web.fields import IntegerField, SelectField, TextField, option
from psg.web.forms import Form

_SECTION_WORDS = {
    Section.TEXT: "Words and minutes",
    Section.ATTENDANCE: "Attendance",
    Section.ACTIONS: "Actions",
    Section.NEW_REFERRALS: "New referrals",
    Section.OPEN_PEOPLE: "Open cases: people",
    Section.OPEN_PLACES: "Open cases: places",
    Section.CLOSURE: "Cases proposed for closure",
}
_MOST = 30


@bp.route("/<partnership>/groups/<group>/standing-agenda", methods=["GET", "POST"])
@requires(Permission.GROUP_EDIT, group=find_group)
def standing_agenda(group: Group) -> Answer:
    """The sections of every agenda of the group. A line without a title is left out; numbers give the order."""
    lines = _lines(group)
    rows = min(len(lines) + 2, _MOST)
    form = _form(lines, rows)
    status: int = 422 if form.is_submitted() else 200
    if form.validate_on_submit() and (wanted := _wanted(form, rows)) is not None:

        def change() -> str:
            operations.set_standing_agenda(group, wanted, by=viewer())
            return address("standing_agenda", group=group.slug)

        done = save(form, None, change)
        if not isinstance(done, int):
            flash("Standing agenda saved. Agendas that are published already keep their sections.")
            return done
        status = done
    return page(
        "meetings/standing.html",
        event=Event.SERIES_LOOKED_AT,
        record=group,
        status=status,
        form=form,
        group=group,
        rows=range(1, rows + 1),
    )


def _lines(group: Group) -> list[StandingLine]:
    """What the group has; the shipped list for a group that has none yet."""
    kept = db.session.scalars(
        select(StandingItem)
        .where(StandingItem.partnership_id == group.partnership_id, StandingItem.group_id == group.id)
        .order_by(StandingItem.position)
    )
    lines = [StandingLine(row.title, row.section, row.minutes) for row in kept]
    return lines or shipped()


def shipped() -> list[StandingLine]:
    """The standing agenda a new group begins with."""
    entries = reference.current("standing-agenda", clock.today())
    return [StandingLine(entry["title"], Section(entry["section"]), entry["minutes"]) for entry in entries]


def _form(lines: list[StandingLine], rows: int) -> Any:
    fields: dict[str, Any] = {}
    given: dict[str, Any] = {}
    for number in range(1, rows + 1):
        fields[f"place_{number}"] = IntegerField(f"Place of line {number}", min=1, max=99)
        fields[f"title_{number}"] = TextField(f"Title of line {number}", max=200)
        fields[f"section_{number}"] = SelectField(
            f"What line {number} holds",
            coerce=Section,
            choices=[option(section.value, words) for section, words in _SECTION_WORDS.items()],
        )
        fields[f"minutes_{number}"] = IntegerField(f"Minutes of line {number}", min=0, max=240)
        if number <= len(lines):
            line = lines[number - 1]
            given |= {
                f"place_{number}": number,
                f"title_{number}": line.title,
                f"section_{number}": line.section.value,
                f"minutes_{number}": line.minutes,
            }
    made: type[Form] = type("StandingForm", (Form,), fields)
    return made(**given)


def _wanted(form: Any, rows: int) -> list[StandingLine] | None:
    """The lines in the order of their places; None when something is missing, with the errors added."""
    found: list[tuple[int, int, StandingLine]] = []
    right = True
    taken: set[Section] = set()
    for number in range(1, rows + 1):
        title = form[f"title_{number}"].data
        if not title:
            continue
        section = form[f"section_{number}"].data
        if section is None:
            form.put_error(f"section_{number}", "Select what this line holds")
            right = False
            continue
        if section in CASE_SECTIONS and section in taken:
            form.put_error(f"section_{number}", "Another line already holds these cases. Select Words and minutes")
            right = False
        taken.add(section)
        minutes = form[f"minutes_{number}"].data
        line = StandingLine(title, section, 5 if minutes is None else minutes)
        found.append((form[f"place_{number}"].data or 99, number, line))
    if not found and right:
        form.put_error("title_1", "Enter at least one line")
        right = False
    return [line for _, _, line in sorted(found, key=lambda row: row[:2])] if right else None
