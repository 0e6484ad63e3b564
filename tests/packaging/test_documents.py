"""What the documents for operators say agrees with the program and leads somewhere."""

import re
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").rglob("*.md")])
# Set by `psg demo` for its own processes; not for operators.
INTERNAL = {"PSG_DEMO"}


def named_settings(text):
    """Every PSG_ name in a text, without the _FILE form that each of them has."""
    names = set(re.findall(r"\bPSG_[A-Z_]+[A-Z]\b", text))
    return {name for name in names if not (name.endswith("_FILE") and name.removesuffix("_FILE") in names)}


def source():
    """Where the program reads its environment: its settings, and what its logs ask before there are settings."""
    return "\n".join(
        (CHECKOUT / "src" / "psg" / name).read_text(encoding="utf-8") for name in ("settings.py", "logs.py")
    )


def test_table_of_settings_names_exactly_what_the_program_reads():
    table = "\n".join(
        line for line in (CHECKOUT / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("| `PSG_")
    )
    in_table = {line.split("`")[1] for line in table.splitlines()}
    assert in_table == named_settings(source()) - INTERNAL


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_links_between_documents_lead_somewhere(document):
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", document.read_text(encoding="utf-8"))
    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_operators_are_told_only_settings_that_exist():
    known = named_settings(source())
    told = named_settings((CHECKOUT / "docs" / "operations.md").read_text(encoding="utf-8"))
    assert {name for name in told if name not in known and name.removesuffix("_FILE") not in known} == set()
