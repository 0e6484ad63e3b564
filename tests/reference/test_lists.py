"""The lists that ship with PSG hold together: unique codes, dates, sources, complete bands."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest

from psg import reference

LISTS = [name for name in reference.names() if "entries" in reference.load(name)]
SCHEMES = [name for name in reference.names() if "questions" in reference.load(name)]
ICONS = {
    "person",
    "place",
    "note",
    "visit",
    "call",
    "incident",
    "decision",
    "meeting",
    "action",
    "risk",
    "document",
    "clock",
    "warning",
    "done",
    "copy",
    "print",
}


def rows(name: str) -> list[Mapping[str, Any]]:
    content = reference.load(name)
    return [*content["entries"], *content.get("purposes", ())]


def test_every_file_is_a_list_or_a_scheme() -> None:
    assert sorted(LISTS + SCHEMES) == list(reference.names())
    assert len(LISTS) == 14
    assert SCHEMES == ["risk-place", "risk-victim"]


@pytest.mark.parametrize("name", LISTS)
def test_entries_are_whole(name: str) -> None:
    for entry in rows(name):
        assert entry["code"] == entry["code"].lower()
        assert entry.get("label") or entry.get("title")
        assert entry["source"].strip()
        assert isinstance(entry["valid_from"], dt.date)
        until = entry.get("valid_until")
        assert until is None or until >= entry["valid_from"]
        assert entry.get("unverified") in (None, True)


@pytest.mark.parametrize("name", LISTS)
def test_codes_are_unique(name: str) -> None:
    content = reference.load(name)
    for part in ("entries", "purposes"):
        codes = [entry["code"] for entry in content.get(part, ())]
        assert len(codes) == len(set(codes))


def test_general_knowledge_is_always_marked_unverified() -> None:
    for name in LISTS:
        for entry in rows(name):
            if "general knowledge" in entry["source"]:
                assert entry.get("unverified") is True, (name, entry["code"])


def test_twelve_themes_come_first() -> None:
    common = [entry["common"] for entry in reference.load("themes")["entries"]]
    assert common[:12] == [True] * 12
    assert not any(common[12:])


def test_kinds_name_an_icon_of_the_sprite_and_six_are_common() -> None:
    entries = reference.load("event-kinds")["entries"]
    assert {entry["icon"] for entry in entries} <= ICONS
    assert sum(entry["common"] for entry in entries) == 6


def test_standing_agenda_has_each_section_of_work_once() -> None:
    sections = [entry["section"] for entry in reference.load("standing-agenda")["entries"]]
    worked = [section for section in sections if section != "text"]
    assert sorted(worked) == sorted(["attendance", "actions", "new_referrals", "open_people", "open_places", "closure"])
    assert all(entry["minutes"] > 0 for entry in reference.load("standing-agenda")["entries"])


@pytest.mark.parametrize("name", SCHEMES)
def test_scheme_says_that_it_is_an_example(name: str) -> None:
    scheme = reference.load(name)
    assert "EXAMPLE" in scheme["title"]
    assert "not validated" in scheme["title"]
    assert scheme["unverified"] is True
    assert scheme["version"] == "1"
    assert scheme["valid_from"] == dt.date(2025, 1, 1)


@pytest.mark.parametrize("name", SCHEMES)
def test_scheme_questions(name: str) -> None:
    scheme = reference.load(name)
    codes = [question["code"] for question in scheme["questions"]]
    assert len(codes) == len(set(codes))
    for question in scheme["questions"]:
        options = {option["code"]: option for option in question["options"]}
        assert len(options) == len(question["options"]), question["code"]
        assert options["not-known"]["label"] == "Not known"
        assert all(isinstance(option["points"], int) for option in options.values())
        assert min(option["points"] for option in options.values()) == 0
    highest = sum(max(option["points"] for option in question["options"]) for question in scheme["questions"])
    assert scheme["maximum"] == highest


@pytest.mark.parametrize("name", SCHEMES)
def test_bands_cover_every_score_once(name: str) -> None:
    scheme = reference.load(name)
    starts = [band["from"] for band in scheme["bands"]]
    assert starts[0] == 0
    assert starts == sorted(set(starts))
    assert starts[-1] <= scheme["maximum"]
    assert [band["tone"] for band in scheme["bands"]] == ["low", "middle", "high", "highest"]
    days = [band["review_days"] for band in scheme["bands"]]
    assert days == sorted(days, reverse=True)


def test_content_is_frozen() -> None:
    content: Any = reference.load("themes")
    with pytest.raises(TypeError):
        content["entries"][0]["label"] = "changed"
    with pytest.raises(AttributeError):
        content["entries"].append({})
    assert reference.load("themes") is content


def test_unknown_list() -> None:
    with pytest.raises(KeyError, match="no reference list"):
        reference.load("../themes")


def test_current_leaves_out_what_does_not_hold_yet() -> None:
    before = {entry["code"] for entry in reference.current("lawful-bases", dt.date(2025, 6, 1))}
    after = {entry["code"] for entry in reference.current("lawful-bases", dt.date(2026, 11, 1))}
    assert after - before == {"recognised-interest"}
    assert reference.labels("lawful-bases")["recognised-interest"]


def test_every_decision_is_worded_to_choose_and_as_decided() -> None:
    offered, decided = reference.labels("meeting-decisions"), reference.labels("meeting-decisions", "decided")
    assert decided["keep-open"] == "Kept open"
    assert offered["keep-open"] == "Keep open"
    assert decided.keys() == offered.keys()
