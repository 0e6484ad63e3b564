"""The printed table is the table."""

from pathlib import Path

from psg.access.permissions import Permission
from psg.access.policy import RULES
from psg.access.printed import as_markdown

DOCUMENT = Path(__file__).parents[2] / "docs" / "access.md"


def test_every_permission_has_a_line_in_the_table():
    assert set(RULES) == set(Permission)
    assert all(RULES.values()), "a permission that nobody is granted cannot be used"


def test_the_document_says_what_the_program_does():
    assert DOCUMENT.read_text(encoding="utf-8") == as_markdown(), "run: make access-table"
