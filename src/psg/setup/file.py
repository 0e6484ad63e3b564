"""The set-up file of a partnership: read whole, checked whole, before anything is changed."""

import re
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from typing import TypeVar

from email_validator import EmailNotValidError, validate_email

from psg import reference
from psg.access.roles import GROUP_ROLES, Role
from psg.meetings.operations import Rhythm, StandingLine
from psg.meetings.recurrence import WEEKDAYS
from psg.meetings.rules import Section as AgendaSection
from psg.partnerships.offsets import DEFAULTS, QUORUM
from psg.partnerships.reminder_settings import CODES, UnusableSetting, read_value
from psg.setup.reading import Problem, Section, ensure_none, parse

Part = TypeVar("Part")
EXAMPLE = Path(__file__).with_name("example.yaml")
"""A file of an invented partnership that can be used as it is."""
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True)
class PartnershipPart:
    """The partnership itself."""

    slug: str
    name: str
    prefix: str
    contact_email: str
    colour: int
    marking: str
    reminders: dict[str, str] = field(default_factory=dict)
    """Only what the file names; the rest stays as it is."""
    usual_lawful_bases: list[str] | None = None
    """Codes of the bases that a new referral begins with; None when the file does not say."""


@dataclass(frozen=True)
class AgencyPart:
    """One of its agencies."""

    name: str
    short_name: str
    kind: str
    may_refer: bool


@dataclass(frozen=True)
class MeetingsPart:
    """How a group meets."""

    rhythm: Rhythm
    at: time
    minutes: int
    place: str


@dataclass(frozen=True)
class GroupPart:
    """One of its groups."""

    slug: str
    name: str
    terms: str
    settings: dict[str, int]
    standing_agenda: list[StandingLine]
    meetings: MeetingsPart | None


@dataclass(frozen=True)
class PersonPart:
    """One of its people, who is invited."""

    email: str
    first_name: str
    last_name: str
    agency: str
    post: str
    roles: list[tuple[Role, str | None]]
    """Role, and the group's name in addresses where it is held in one."""


@dataclass(frozen=True)
class AgreementPart:
    """Its information-sharing agreement."""

    slug: str
    title: str
    text: str
    purposes: str
    in_force_from: date
    sign_by: date
    review_on: date
    ends_on: date
    publish: bool
    signatories: dict[str, str]
    """Agency -> e-mail address of the person who signs for it."""


@dataclass(frozen=True)
class SetUp:
    """Everything in the file."""

    partnership: PartnershipPart
    agencies: list[AgencyPart] = field(default_factory=list)
    groups: list[GroupPart] = field(default_factory=list)
    people: list[PersonPart] = field(default_factory=list)
    agreement: AgreementPart | None = None


_TOP = ("partnership", "agencies", "groups", "people", "agreement")
_PARTNERSHIP = ("slug", "name", "prefix", "contact_email", "colour", "marking", "reminders", "usual_lawful_bases")
_AGENCY = ("name", "short_name", "kind", "may_refer")
_GROUP = ("slug", "name", "terms", "quorum", "reminders", "standing_agenda", "meetings")
_STANDING = ("title", "section", "minutes")
_MEETINGS = ("which", "weekday", "every_months", "from", "at", "minutes", "place")
_PERSON = ("email", "first_name", "last_name", "agency", "post", "roles")
_ROLE = ("role", "group")
_AGREEMENT = (
    "slug",
    "title",
    "text",
    "purposes",
    "in_force_from",
    "sign_by",
    "review_on",
    "ends_on",
    "publish",
    "signatories",
)


def read(content: str) -> SetUp:
    """The file's content; raises Unreadable with everything that is wrong in it."""
    problems: list[Problem] = []
    top = Section(parse(content), "the file", _TOP, problems)
    part = top.section("partnership", _PARTNERSHIP)
    if part is None:
        top.wrong("the file needs “partnership”")
        ensure_none(problems)
        raise AssertionError("a problem was just noted")
    partnership = _partnership(part)
    agencies = _distinct([_agency(s) for s in top.sections("agencies", "an agency", _AGENCY)], "name", top, "agencies")
    groups = _distinct([_group(s) for s in top.sections("groups", "a group", _GROUP)], "slug", top, "groups")
    names, slugs = {agency.name for agency in agencies}, {group.slug for group in groups}
    people = [_person(s, names, slugs) for s in top.sections("people", "a person", _PERSON)]
    people = _distinct(people, "email", top, "people")
    section = top.section("agreement", _AGREEMENT)
    agreement = _agreement(section, names, people) if section is not None else None
    ensure_none(problems)
    return SetUp(partnership, agencies, groups, people, agreement)


def _partnership(part: Section) -> PartnershipPart:
    prefix = part.text("prefix", most=4)
    if prefix and not re.fullmatch("[A-Z]{2,4}", prefix):
        part.wrong("prefix must be two to four capital letters", part.line_of("prefix"))
    return PartnershipPart(
        slug=_slug(part),
        name=part.text("name"),
        prefix=prefix,
        contact_email=_email(part, "contact_email"),
        colour=part.number("colour", least=1, most=6, default=1),
        marking=part.text("marking", required=False, most=60) or "OFFICIAL-SENSITIVE",
        reminders=_reminders(part),
        usual_lawful_bases=(
            [code for _, code in part.texts("usual_lawful_bases")] if part.has("usual_lawful_bases") else None
        ),
    )


def _reminders(part: Section) -> dict[str, str]:
    reminders: dict[str, str] = {}
    for line, code, value in part.pairs("reminders"):
        try:
            reminders[code] = read_value(code, value)
        except UnusableSetting as problem:
            part.wrong(str(problem), line)
    return reminders


def _agency(part: Section) -> AgencyPart:
    name = part.text("name")
    return AgencyPart(
        name=name,
        short_name=part.text("short_name", required=False, most=40) or name[:40],
        kind=part.one_of("kind", list(reference.labels("agency-kinds"))),
        may_refer=part.yes("may_refer", default=True),
    )


def _group(part: Section) -> GroupPart:
    settings: dict[str, int] = {}
    for line, code, value in part.pairs("reminders"):
        if code not in DEFAULTS:
            part.wrong(f"reminders has no entry “{code}”; it may hold {', '.join(DEFAULTS)}", line)
        elif not value.isascii() or not value.isdigit() or int(value[:9]) > 365:
            part.wrong(f"{code} must be a whole number of days up to 365", line)
        elif code in CODES or int(value) != DEFAULTS[code]["value"]:
            settings[code] = int(value)  # the partnership's own value may be another than the usual one
    if quorum := part.number("quorum", least=0, most=50, default=0):
        settings[QUORUM] = quorum
    return GroupPart(
        slug=_slug(part),
        name=part.text("name"),
        terms=part.text("terms", required=False, most=20_000, multiline=True),
        settings=settings,
        standing_agenda=[_standing(s) for s in part.sections("standing_agenda", "an agenda item", _STANDING)],
        meetings=_meetings(part.section("meetings", _MEETINGS)),
    )


def _standing(part: Section) -> StandingLine:
    section = part.one_of("section", [kind.value for kind in AgendaSection], default=AgendaSection.TEXT.value)
    return StandingLine(
        title=part.text("title"),
        section=AgendaSection(section),
        minutes=part.number("minutes", least=0, most=240, default=5),
    )


def _meetings(part: Section | None) -> MeetingsPart | None:
    if part is None:
        return None
    weekdays = [name.lower() for name in WEEKDAYS]
    rhythm = Rhythm(
        ordinal=ORDINALS[part.one_of("which", list(ORDINALS)) or "first"],
        weekday=weekdays.index(part.one_of("weekday", weekdays) or "monday"),
        every_months=part.number("every_months", least=1, most=12, default=1),
        starts_from=part.day("from"),
    )
    minutes = part.number("minutes", least=10, most=600, default=120)
    return MeetingsPart(rhythm, part.clock("at"), minutes, part.text("place", required=False))


def _person(part: Section, agencies: set[str], groups: set[str]) -> PersonPart:
    agency = part.text("agency")
    if agency and agency not in agencies:
        part.wrong(f"there is no agency “{agency}” in this file", part.line_of("agency"))
    return PersonPart(
        email=_email(part, "email").lower(),
        first_name=part.text("first_name", most=80),
        last_name=part.text("last_name", most=80),
        agency=agency,
        post=part.text("post", required=False, most=120),
        roles=[_role(role, groups) for role in part.sections("roles", "a role", _ROLE)],
    )


def _role(part: Section, groups: set[str]) -> tuple[Role, str | None]:
    role = Role(part.one_of("role", [role.value for role in Role]) or Role.PRACTITIONER.value)
    group = part.text("group", required=False) or None
    if group is not None and group not in groups:
        part.wrong(f"there is no group “{group}” in this file", part.line_of("group"))
    if group is not None and role not in GROUP_ROLES:
        part.wrong(f"the role {role.value} is held in the whole partnership, not in a group", part.line_of("group"))
    if group is None and role is Role.CHAIR:
        part.wrong("a chair is the chair of one group: add “group”")
    return role, group


def _agreement(part: Section, agencies: set[str], people: list[PersonPart]) -> AgreementPart:
    emails = {person.email: person for person in people}
    signatories: dict[str, str] = {}
    for line, agency, email in part.pairs("signatories"):
        person = emails.get(email.lower())
        if agency not in agencies:
            part.wrong(f"there is no agency “{agency}” in this file", line)
        elif person is None or person.agency != agency or (Role.AGENCY_LEAD, None) not in person.roles:
            part.wrong(f"who signs for {agency} must stand under people, as its agency-lead", line)
        else:
            signatories[agency] = person.email
    publish = part.yes("publish", default=False)
    if not any(role is Role.COORDINATOR for person in people for role, _ in person.roles):
        part.wrong("an agreement needs a coordinator under people: they are reminded of its review")
    made = AgreementPart(
        slug=_slug(part),
        title=part.text("title"),
        text=part.text("text", required=publish, most=200_000, multiline=True),
        purposes="\n".join(words for _, words in part.texts("purposes")),
        in_force_from=part.day("in_force_from"),
        sign_by=part.day("sign_by"),
        review_on=part.day("review_on"),
        ends_on=part.day("ends_on"),
        publish=publish,
        signatories=signatories,
    )
    if made.ends_on < made.in_force_from:
        part.wrong("ends_on must be after in_force_from", part.line_of("ends_on"))
    if not made.purposes:
        part.wrong("agreement needs “purposes”, a list")
    return made


def _slug(part: Section) -> str:
    slug = part.text("slug", most=40)
    if slug and not _SLUG.fullmatch(slug):
        part.wrong("slug must be small letters, figures and dashes, such as east-fens", part.line_of("slug"))
    return slug


def _email(part: Section, key: str) -> str:
    value = part.text(key, most=254)
    if not value:
        return ""
    try:
        return validate_email(value, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        part.wrong(f"{key} must be like name@example.gov.uk", part.line_of(key))
        return value


def _distinct(parts: list[Part], key: str, top: Section, name: str) -> list[Part]:
    seen: set[str] = set()
    for part in parts:
        value = str(getattr(part, key))
        if value and value in seen:
            top.wrong(f"{name} holds “{value}” twice", top.line_of(name))
        seen.add(value)
    return parts
