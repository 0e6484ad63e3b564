"""The pure table of rules against what is expected, written by hand; and every line of it is needed."""

import uuid
from collections.abc import Iterator

import pytest

from psg.access import policy
from psg.access.facts import (
    ActionFacts,
    AgencyFacts,
    CaseFacts,
    Facts,
    InvitationFacts,
    MeetingFacts,
    PartnershipFacts,
    PersonFacts,
)
from psg.access.permissions import NEEDS_AGREEMENT, Permission
from psg.access.roles import Role
from psg.access.viewer import Standing, Viewer
from tests.access.expected import (
    CASE_STATES,
    IN_PARTNERSHIP,
    ON_CASES,
    ON_COLLEAGUES,
    ON_INVITATIONS,
    ON_MEETINGS,
    ON_SIGNATURES,
)

HERE, THERE, GROUP, OTHER_GROUP = (uuid.UUID(int=n) for n in (1, 2, 3, 4))
OWN_AGENCY, OTHER_AGENCY, ACTING_AGENCY = (uuid.UUID(int=n) for n in (11, 12, 13))
IDS = {letter: uuid.UUID(int=100 + n) for n, letter in enumerate("wchmoyneaglfix")}

ROLES: dict[str, tuple[frozenset[Role], dict[uuid.UUID, frozenset[Role]]]] = {
    "w": (frozenset({Role.PRACTITIONER}), {}),
    "c": (frozenset({Role.COORDINATOR}), {}),
    "h": (frozenset(), {GROUP: frozenset({Role.CHAIR})}),
    "m": (frozenset(), {GROUP: frozenset({Role.PRACTITIONER})}),
    "o": (frozenset(), {OTHER_GROUP: frozenset({Role.PRACTITIONER})}),
    "y": (frozenset(), {OTHER_GROUP: frozenset({Role.CHAIR})}),
    "n": (frozenset({Role.PRACTITIONER}), {}),
    "e": (frozenset({Role.PRACTITIONER}), {}),
    "a": (frozenset(), {GROUP: frozenset({Role.PRACTITIONER})}),
    "l": (frozenset({Role.AGENCY_LEAD}), {}),
    "g": (frozenset({Role.GOVERNANCE}), {}),
    "f": (frozenset({Role.FIGURES}), {}),
    "i": (frozenset({Role.GUEST}), {}),
}


def person(letter: str, *, signed: bool = True, where: uuid.UUID = HERE) -> Viewer:
    """Somebody of the table; x has no place at all."""
    standings = {}
    if letter in ROLES:
        roles, groups = ROLES[letter]
        standings[where] = Standing(
            partnership_id=where,
            slug="here",
            name="Here",
            prefix="HE",
            agency_id=ACTING_AGENCY if letter == "a" else OWN_AGENCY,
            agency="Agency",
            membership_id=uuid.UUID(int=999),
            roles=roles,
            groups=groups,
            agreement_signed=signed,
        )
    return Viewer(user_id=IDS[letter], first_name=letter, name=letter, standings=standings)


def case(state: str) -> CaseFacts:
    group = None if state == "unsure" else GROUP
    kind = "sent" if state == "unsure" else state
    return CaseFacts(HERE, group, kind, IDS["w"], frozenset({IDS["n"], IDS["e"]}))


def subject(permission: Permission, relation: str) -> Facts:
    """The record of a cell."""
    if permission in ON_CASES:
        facts = case(relation)
        if permission in (Permission.ACTION_READ, Permission.ACTION_UPDATE, Permission.ACTION_CHANGE):
            return ActionFacts(facts, IDS["e"], ACTING_AGENCY)
        return facts
    if permission in ON_MEETINGS:
        return MeetingFacts(HERE, GROUP, relation == "published")
    if permission in ON_INVITATIONS:
        invited = uuid.UUID(int=55) if relation == "somebody else's" else IDS["i"]
        return InvitationFacts(HERE, invited, relation != "closed")
    if permission in ON_SIGNATURES:
        agency = OTHER_AGENCY if relation == "other agency" else OWN_AGENCY
        named = {"own, named": IDS["l"], "own, somebody else": uuid.UUID(int=77)}.get(relation)
        return AgencyFacts(HERE, agency, named)
    return PartnershipFacts(HERE)


def cells() -> Iterator[tuple[Permission, str, str, bool]]:
    """(permission, relation, person, allowed) for every cell written by hand."""
    for table in (ON_CASES, ON_MEETINGS, ON_SIGNATURES, ON_INVITATIONS):
        for permission, relations in table.items():
            for relation, allowed in relations.items():
                for letter in IDS:
                    yield permission, relation, letter, letter in allowed.split()
    for permission, who in IN_PARTNERSHIP.items():
        for letter in IDS:
            yield permission, "", letter, letter in who.split()


@pytest.mark.parametrize("permission", Permission, ids=lambda p: p.value)
def test_every_permission_stands_in_the_tables_written_by_hand(permission):
    tables = (ON_CASES, ON_MEETINGS, ON_SIGNATURES, ON_INVITATIONS, IN_PARTNERSHIP, ON_COLLEAGUES)
    assert sum(permission in table for table in tables) == 1


def test_tables_name_every_state_of_a_case():
    assert all(set(states) == set(CASE_STATES) for states in ON_CASES.values())


def test_every_cell():
    wrong = [
        (permission.value, relation, letter, allowed)
        for permission, relation, letter, allowed in cells()
        if policy.permits(person(letter), permission, subject(permission, relation)) is not allowed
    ]
    assert wrong == []


def test_colleagues():
    for permission, relations in ON_COLLEAGUES.items():
        for relation, allowed in relations.items():
            for letter in IDS:
                agency = OTHER_AGENCY if relation == "other agency" else OWN_AGENCY
                user = IDS[letter] if relation.startswith("self") else uuid.UUID(int=55)
                by_lead = relation.endswith("suspended by a lead")
                facts = PersonFacts(HERE, user, agency, by_lead, relation.endswith("offered"))
                granted = policy.permits(person(letter), permission, facts)
                assert granted is (letter in allowed.split()), (permission, relation, letter)


def test_nobody_without_an_agreement_sees_a_case():
    for permission, relation, letter, _ in cells():
        if permission in NEEDS_AGREEMENT:
            unsigned = person(letter, signed=False)
            assert not policy.permits(unsigned, permission, subject(permission, relation)), (permission, letter)


def test_nothing_reaches_into_another_partnership():
    for permission, relation, letter, _ in cells():
        stranger = person(letter, where=THERE)
        assert not policy.permits(stranger, permission, subject(permission, relation)), (permission, letter)


def test_a_system_administrator_sees_configuration_and_nothing_else():
    admin = Viewer(user_id=IDS["x"], first_name="x", name="x", is_system_administrator=True)
    allowed = {p for p, relation, _, _ in cells() if policy.permits(admin, p, subject(p, relation))}
    assert allowed == {Permission.SYSTEM_STATUS, Permission.SYSTEM_PARTNERSHIPS}


def _witnesses() -> list[tuple[Permission, policy.Rule, Viewer, Facts]]:
    """For each line and rule, a cell in which that rule alone grants."""
    found: dict[tuple[Permission, str], tuple[Permission, policy.Rule, Viewer, Facts]] = {}
    people = [person(letter) for letter in IDS]
    admin = Viewer(user_id=IDS["x"], first_name="x", name="x", is_system_administrator=True)
    colleagues = [
        PersonFacts(HERE, uuid.UUID(int=55), agency, by_lead)
        for agency in (OWN_AGENCY, OTHER_AGENCY)
        for by_lead in (False, True)
    ]
    colleagues.append(PersonFacts(HERE, IDS["x"], OWN_AGENCY, offered=True))
    asked = [(p, subject(p, relation)) for p, relation, _, _ in cells()]
    asked += [(p, facts) for p in ON_COLLEAGUES for facts in colleagues]
    for permission, facts in asked:
        for viewer in [*people, admin]:
            granting = [rule for rule in policy.RULES[permission] if rule(viewer, facts)]
            if len(granting) == 1:
                found.setdefault((permission, granting[0].__name__), (permission, granting[0], viewer, facts))
    return list(found.values())


def test_each_rule_of_each_line_is_needed(monkeypatch):
    """Drop one rule of one line at a time: the cell it alone opened must close, so no line can rot unnoticed."""
    witnesses = _witnesses()
    seen = {(permission, rule.__name__) for permission, rule, _, _ in witnesses}
    wanted = {(permission, rule.__name__) for permission, rules in policy.RULES.items() for rule in rules}
    assert seen == wanted
    for permission, rule, viewer, facts in witnesses:
        kept = tuple(other for other in policy.RULES[permission] if other is not rule)
        monkeypatch.setitem(policy.RULES, permission, kept)
        assert not policy.permits(viewer, permission, facts), (permission, rule.__name__)
        monkeypatch.undo()
