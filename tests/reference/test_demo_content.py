"""The demo's content resolves: what it names exists, its days are in order, and nobody in it is real."""

import re
from collections import Counter
from importlib import resources
from typing import Any

import pytest
import yaml

from psg import reference

CONTENT = resources.files("psg") / "demo" / "content"
CASE_FILES = ("cases-east-cambs", "cases-cambridge", "cases-south-cambs")


def read(name: str) -> Any:
    return yaml.safe_load((CONTENT / f"{name}.yaml").read_text(encoding="utf-8"))


SETTING = read("partnerships")
AGENCIES = SETTING["agencies"]
PARTNERSHIPS = {row["slug"]: row for row in SETTING["partnerships"]}
USERS = {row["key"]: row for row in read("users")}
AGREEMENT = read("agreement")
CASES = [case for name in CASE_FILES for case in read(name)]
KEYS = {case["key"] for case in CASES}
SCHEMES = {reference.load(name)["code"]: reference.load(name) for name in ("risk-victim", "risk-place")}

every_case = pytest.mark.parametrize("case", CASES, ids=[case["key"] for case in CASES])


def codes(name: str, part: str = "entries") -> set[str]:
    return {entry["code"] for entry in reference.load(name)[part]}


def groups_of(slug: str) -> dict[str, Any]:
    return {group["slug"]: group for group in PARTNERSHIPS[slug]["groups"]}


def roles_in(user: str, slug: str, *, cases_only: bool = True) -> set[tuple[str, str | None]]:
    found = {(role["role"], role.get("group")) for role in USERS[user]["roles"] if role["partnership"] == slug}
    return {pair for pair in found if not cases_only or pair[0] in ("practitioner", "chair", "coordinator")}


def test_partnerships() -> None:
    assert {row["prefix"] for row in PARTNERSHIPS.values()} == {"EC", "CC", "SC"}
    assert len({row["colour"] for row in PARTNERSHIPS.values()}) == 3
    assert set(groups_of("south-cambs")) == {"adults", "cyp"}
    assert {row["kind"] for row in AGENCIES.values()} <= codes("agency-kinds")
    for slug, row in PARTNERSHIPS.items():
        assert set(row["agencies"]) <= set(AGENCIES)
        assert set(row["unsigned"]) <= set(row["agencies"])
        for group in row["groups"]:
            assert set(group["members"]) <= set(row["agencies"])
            assert USERS[group["chair"]]["agency"] == group["chair_agency"]
            assert ("chair", group["slug"]) in roles_in(group["chair"], slug)
            assert 0 < group["quorum"] < len(group["members"])


def test_users() -> None:
    assert len({user["email"] for user in USERS.values()}) == len(USERS)
    for key, user in USERS.items():
        assert re.fullmatch(r"[a-z.]+@[a-z-]+\.example", user["email"])
        assert user["post"]
        assert user["try_me"]
        if user.get("system_administrator"):
            assert not user["roles"]
            assert "agency" not in user
            continue
        for role in user["roles"]:
            row = PARTNERSHIPS[role["partnership"]]
            assert user["agency"] in row["agencies"], key
            if "group" in role:
                group = groups_of(role["partnership"])[role["group"]]
                assert user["agency"] in group["members"], key
            else:
                assert role["role"] in {"coordinator", "agency_lead", "governance", "figures", "guest"}
    for slug in PARTNERSHIPS:
        assert sum(("coordinator", None) in roles_in(key, slug) for key in USERS) == 1


def test_every_party_has_signed_but_the_one_that_has_not() -> None:
    numbers = [version["number"] for version in AGREEMENT["versions"]]
    assert numbers == [1, 2]
    newest = AGREEMENT["versions"][-1]
    assert 1000 < len(newest["text"].split()) < 1500
    assert set(AGREEMENT["purposes"]) <= codes("lawful-bases", "purposes")
    assert set(AGREEMENT["lawful_bases"]) <= codes("lawful-bases")
    for version in AGREEMENT["versions"]:
        assert version["published"] <= version["in_force"] <= version["sign_by"] < version["review_due"]
        signed = {row["agency"] for row in AGREEMENT["signatures"] if row["version"] == version["number"]}
        for row in PARTNERSHIPS.values():
            parties = {agency for agency in row["agencies"] if AGENCIES[agency]["kind"] != "commissioner"}
            assert parties - signed == set(row["unsigned"])
    for row in AGREEMENT["signatures"]:
        user = USERS[row["by"]]
        assert user["agency"] == row["agency"]
        leads = {role["partnership"] for role in user["roles"] if role["role"] == "agency_lead"}
        member_of = {slug for slug, part in PARTNERSHIPS.items() if row["agency"] in part["agencies"]}
        assert leads == member_of, row["by"]
        assert AGREEMENT["versions"][row["version"] - 1]["published"] <= row["offset"] <= 0


def test_sixty_cases_of_many_kinds() -> None:
    count = Counter(case["partnership"] for case in CASES)
    assert count == {"east-cambs": 24, "cambridge": 20, "south-cambs": 16}
    assert len(KEYS) == 60
    assert len({case["title"] for case in CASES}) == 60
    assert {case["state"] for case in CASES} == {"draft", "waiting", "accepted", "declined", "passed-on", "closed"}
    assert sum(bool(case["risk"]) for case in CASES) >= 35
    assert any(len(case["notes"]) >= 60 and len(case["people"]) >= 8 for case in CASES)
    assert sum("possible_duplicate_of" in case for case in CASES) == 2
    assert any("reopened" in case for case in CASES)
    used = {theme for case in CASES for theme in case["themes"]}
    assert used == codes("themes")


@every_case
def test_case_names_only_what_exists(case: dict[str, Any]) -> None:
    slug, group = case["partnership"], groups_of(case["partnership"])[case["group"]]
    members = set(group["members"])
    assert set(case["themes"]) <= codes("themes")
    assert set(case["lawful_bases"]) <= codes("lawful-bases")
    assert set(case["purposes"]) <= codes("lawful-bases", "purposes")
    assert set(case["handling"]) <= codes("handling")
    assert case["handling"] == ["normal"] or "normal" not in case["handling"]
    assert {person["role"] for person in case["people"]} <= codes("person-roles")
    assert {note["kind"] for note in case["notes"]} <= codes("event-kinds")
    assert {note["agency"] for note in case["notes"]} <= members
    assert {row["agency"] for row in case["references"]} <= members

    def may_work_here(user: str) -> bool:
        return bool(
            roles_in(user, slug) & {("practitioner", case["group"]), ("chair", case["group"]), ("coordinator", None)}
        )

    assert may_work_here(case["logged_by"])
    if "lead_agency" in case:
        assert case["lead_agency"] in members
        assert USERS[case["lead_officer"]]["agency"] == case["lead_agency"]
        assert may_work_here(case["lead_officer"])
    for action in case["actions"]:
        assert action["owner"] in members or may_work_here(action["owner"]), action["owner"]
        assert action["priority"] in codes("action-priorities")
    for row in case["risk"]:
        assert may_work_here(row["by"]), row["by"]
    for row in case.get("closures", []):
        assert row["reason_code"] in codes("close-reasons")
        assert may_work_here(row["by"])
    if "possible_duplicate_of" in case:
        other = next(row for row in CASES if row["key"] == case["possible_duplicate_of"])
        same = {(p["name"], p.get("born")) for p in other["people"]} & {
            (p["name"], p.get("born")) for p in case["people"]
        }
        assert any(name and born for name, born in same)
        assert other["partnership"] == slug


@every_case
def test_case_days_are_in_order(case: dict[str, Any]) -> None:
    referred, state = case["referred"], case["state"]
    assert -545 <= case["since"] <= case["last"] <= 0
    assert referred <= 0
    if state in ("draft", "waiting"):
        assert "decision" not in case
        assert not case["actions"]
        assert not case["risk"]
    else:
        decision = case["decision"]
        assert referred <= decision["offset"] <= 0
        assert (decision["decision"] == "accepted") == ("lead_officer" in case)
        by = roles_in(decision["by"], case["partnership"])
        assert by & {("chair", case["group"]), ("coordinator", None)}
        if decision["decision"] != "accepted":
            reasons = {row["code"]: row["decision"] for row in reference.load("decline-reasons")["entries"]}
            assert reasons[decision["reason_code"]] == decision["decision"] == state
            assert not case["actions"]


@every_case
def test_notes_are_in_order(case: dict[str, Any]) -> None:
    offsets = [note["offset"] for note in case["notes"]]
    assert offsets == sorted(offsets)
    for note in case["notes"]:
        assert -545 <= note["offset"] <= note["entered"] <= 0
        assert note["entered"] >= case["referred"]
        assert note["precision"] in {"day", "month", "year", "period", "not-known"}
        assert (note["precision"] == "period") == ("when" in note)
        assert note["text"].strip()


@every_case
def test_risk_is_assessed_in_order_and_more_than_once(case: dict[str, Any]) -> None:
    scored = [row["offset"] for row in case["risk"]]
    assert scored == sorted(set(scored))
    assert len(scored) != 1
    assert all(case["referred"] <= offset <= 0 for offset in scored)


@every_case
def test_actions_are_in_order(case: dict[str, Any]) -> None:
    for action in case["actions"]:
        assert case["decision"]["offset"] <= action["set"] < action["due"]
        assert (action["state"] == "open") == ("ended" not in action)
        days = [action["set"], *(step["offset"] for step in action.get("progress", [])), action.get("ended", 0), 0]
        assert days == sorted(days), action["what"]


@every_case
def test_closing_comes_last(case: dict[str, Any]) -> None:
    closures = case.get("closures", [])
    assert (case["state"] == "closed") == (bool(closures) and "reopened" not in case)
    days = [row["offset"] for row in (*case["notes"], *case["risk"])]
    days += [action.get("ended", 0) for action in case["actions"]]
    for closure in closures:
        if "reopened" in case:
            assert closure["offset"] < case["reopened"]["offset"] <= 0
        else:
            assert max(days) <= closure["offset"] < 0


@every_case
def test_case_scores_come_out_as_written(case: dict[str, Any]) -> None:
    for row in case["risk"]:
        scheme = SCHEMES[row["scheme"]]
        assert row["version"] == scheme["version"]
        assert set(row["answers"]) == {question["code"] for question in scheme["questions"]}
        total = 0
        for question in scheme["questions"]:
            points = {option["code"]: option["points"] for option in question["options"]}
            total += points[row["answers"][question["code"]]]
        band = [item["code"] for item in scheme["bands"] if item["from"] <= total][-1]
        assert (total, band) == (row["expected_total"], row["expected_band"])
        assert set(row.get("evidence", {})) <= set(row["answers"])
        if "override" in row:
            assert row["override"]["band"] in {item["code"] for item in scheme["bands"]}
            assert row["override"]["band"] != band
            assert row["override"]["reason"]


def test_scores_move_both_ways() -> None:
    steps = [
        b["expected_total"] - a["expected_total"] for c in CASES for a, b in zip(c["risk"], c["risk"][1:], strict=False)
    ]
    assert any(step > 0 for step in steps)
    assert any(step < 0 for step in steps)
    assert {row["expected_band"] for case in CASES for row in case["risk"]} == {
        "standard",
        "medium",
        "high",
        "very-high",
    }


def test_some_actions_are_overdue_and_some_were_not_done() -> None:
    actions = [action for case in CASES for action in case["actions"]]
    assert sum(action["state"] == "open" and action["due"] < 0 for action in actions) >= 10
    assert sum(action["state"] == "open" and action["due"] >= 0 for action in actions) >= 10
    assert any(action["state"] == "not-done" for action in actions)


@pytest.mark.parametrize("name", [*CASE_FILES, "partnerships", "users", "agreement"])
def test_nothing_points_at_somebody_real(name: str) -> None:
    text = (CONTENT / f"{name}.yaml").read_text(encoding="utf-8")
    for postcode in re.findall(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b", text):
        assert re.fullmatch(r"QX\d \dZZ", postcode), postcode
    for address in re.findall(r"[\w.+-]+@[\w.-]+", text):
        assert address.endswith(".example"), address
    for phone in re.findall(r"\b0\d{4} ?\d{6}\b", text):
        assert re.fullmatch(r"(07700 900\d{3}|01632 960\d{3})", phone), phone
    assert text.startswith("#")


@every_case
def test_wording(case: dict[str, Any]) -> None:
    own = [case["title"], case["narrative"], case["why_several"], *(note["text"] for note in case["notes"])]
    own += [action["what"] for action in case["actions"]]
    people = "perpetrators?|offenders?|suspects?|nominals?|complainants?|juveniles?|addicts?|homeless"
    banned = rf"\b({people}|promiscuous|streetwise|NFA|low-level|suffers? from)\b"
    for text in own:
        assert not re.search(banned, text, re.IGNORECASE), text
    for person in case["people"]:
        for part in (person["name"] or "").split():
            assert part.lower() not in re.findall(r"[a-z'-]+", case["title"].lower())
    for action in case["actions"]:
        assert re.match(r"[A-Z][a-z]+ ", action["what"])
