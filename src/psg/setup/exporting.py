"""A group's settings as the same file that sets one up."""

from typing import Any

from psg.access.roles import Role
from psg.db import db
from psg.meetings.planning import series_of
from psg.meetings.recurrence import WEEKDAYS
from psg.partnerships import bases
from psg.partnerships.models import Group, Partnership
from psg.partnerships.offsets import QUORUM
from psg.partnerships.queries import Directory, directory
from psg.partnerships.reminder_settings import in_force
from psg.setup.file import ORDINALS
from psg.setup.loading import standing_lines
from psg.setup.reading import plain


def as_file(group: Group) -> str:
    """The partnership, its agencies, this group and its people, as YAML."""
    partnership = db.session.get_one(Partnership, group.partnership_id)
    names = directory(group.partnership_id)
    return plain(
        {
            "partnership": {
                name: getattr(partnership, name)
                for name in ("slug", "name", "prefix", "contact_email", "colour", "marking")
            }
            | ({"reminders": own} if (own := in_force(group.partnership_id)) else {})
            | ({"usual_lawful_bases": usual} if (usual := bases.usual(group.partnership_id)) else {}),
            "agencies": [
                {"name": a.name, "short_name": a.short_name, "kind": a.kind, "may_refer": a.may_refer}
                for a in names.agencies
                if a.active
            ],
            "groups": [_group(group)],
            "people": _people(group, names),
        }
    )


def _group(group: Group) -> dict[str, Any]:
    part: dict[str, Any] = {"slug": group.slug, "name": group.name, "terms": group.terms}
    offsets = {code: value for code, value in group.settings.items() if code != QUORUM}
    if QUORUM in group.settings:
        part["quorum"] = group.settings[QUORUM]
    if offsets:
        part["reminders"] = offsets
    if lines := standing_lines(group):
        part["standing_agenda"] = [
            {"title": line.title, "section": line.section.value, "minutes": line.minutes} for line in lines
        ]
    if (series := series_of(group)) is not None:
        part["meetings"] = {
            "which": next(word for word, number in ORDINALS.items() if number == series.ordinal),
            "weekday": WEEKDAYS[series.weekday].lower(),
            "every_months": series.every_months,
            "from": series.starts_from,
            "at": series.at.strftime("%H:%M"),
            "minutes": series.minutes,
            "place": series.place,
        }
    return part


def _people(group: Group, names: Directory) -> list[dict[str, Any]]:
    people = []
    for person in names.people:
        held = person.groups.get(group.id, frozenset[Role]())
        if not person.active or not held:
            continue
        first, _, last = person.name.partition(" ")
        people.append(
            {
                "email": person.email,
                "first_name": person.first_name or first,
                "last_name": person.name.removeprefix(person.first_name).strip() or last,
                "agency": names.agency_name(person.agency_id),
                "post": person.post,
                "roles": [{"role": role.value, "group": group.slug} for role in sorted(held)],
            }
        )
    return people
