"""The table of rules as a document, so that what is printed is what the program does."""

import inspect
from functools import cache

from psg.access.permissions import NEEDS_AGREEMENT, Permission
from psg.access.policy import RULES

_HEAD = """# Who may do what

Made from the program's own table (`src/psg/access/policy.py`) by `make access-table`; a test compares the two. Anything
not granted here is refused, and refused looks exactly like missing. A rule reads "a person may, if he or she …".

Where **agreement** says yes, it comes first: nobody of an agency without a signed version in date may do this at all.

| Decision | What it is | Granted to somebody who … | Agreement |
| --- | --- | --- | --- |
"""


def as_markdown() -> str:
    """The whole table in Markdown."""
    return _HEAD + "".join(f"{_row(permission)}\n" for permission in Permission)


def _row(permission: Permission) -> str:
    granted = "; ".join(_sentence(rule.__doc__) for rule in RULES[permission])
    needed = "yes" if permission in NEEDS_AGREEMENT else "no"
    return f"| `{permission.value}` | {meaning(permission)} | {granted} | {needed} |"


def _sentence(doc: str | None) -> str:
    text = " ".join((doc or "").split()).rstrip(".")
    return text[:1].lower() + text[1:]


@cache
def meaning(permission: Permission) -> str:
    """What it is, in words: the line under the member in the source, since Python keeps no docstring of a member."""
    lines = inspect.getsource(Permission).splitlines()
    at = next(i for i, line in enumerate(lines) if line.strip().startswith(f"{permission.name} ="))
    return lines[at + 1].strip().strip('"').rstrip(".")
