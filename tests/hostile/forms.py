"""Finds forms in pages and fills them, as a browser would."""

from dataclasses import dataclass, field
from xml.etree import ElementTree

import html5lib

MARK = "Zxq"
"""Begins everything that is typed, so that an answer can be searched for it."""


@dataclass
class Field:
    """One box, list or set of choices."""

    name: str
    kind: str
    values: list[str] = field(default_factory=list)
    """What can be chosen; what is there at first for a box."""


@dataclass
class FoundForm:
    """A form of a page."""

    action: str
    fields: dict[str, Field]
    has_token: bool
    encoding: str

    @property
    def boxes(self) -> list[str]:
        """Names of what takes free text."""
        return [
            f.name for f in self.fields.values() if f.kind in ("text", "textarea", "email", "tel", "search", "number")
        ]

    @property
    def choices(self) -> list[str]:
        """Names of what is chosen from."""
        return [f.name for f in self.fields.values() if f.kind in ("select", "radio", "checkbox")]

    def hidden(self) -> dict[str, str]:
        """Hidden fields as they are."""
        return {f.name: f.values[0] for f in self.fields.values() if f.kind == "hidden" and f.values}

    def chosen(self) -> dict[str, str]:
        """The first real choice of each; "another", where there is one, so that the boxes under it count."""
        found = {}
        for one in self.fields.values():
            if one.name in self.choices:
                real = [value for value in one.values if value]
                found[one.name] = "another" if "another" in real else next(iter(real), "")
        return found


def parse(text: str, *, strict: bool = False) -> ElementTree.Element:
    """The page as a tree."""
    parser = html5lib.HTMLParser(strict=strict, namespaceHTMLElements=False)
    tree: ElementTree.Element = parser.parse(text)
    return tree


def posting_forms(tree: ElementTree.Element) -> list[FoundForm]:
    """Every form of a page that posts."""
    return [_form(one) for one in tree.iter("form") if (one.get("method") or "").lower() == "post"]


def _form(tree: ElementTree.Element) -> FoundForm:
    fields: dict[str, Field] = {}
    for element in tree.iter():
        name = element.get("name")
        if not name or element.tag not in ("input", "select", "textarea", "button"):
            continue
        kind = element.get("type", "text") if element.tag == "input" else element.tag
        known = fields.setdefault(name, Field(name, kind))
        if element.tag == "select":
            known.values += [option.get("value", "") for option in element.iter("option")]
        elif element.tag == "textarea":
            known.values.append(element.text or "")
        else:
            known.values.append(element.get("value", ""))
    return FoundForm(
        tree.get("action") or "",
        fields,
        "csrf_token" in fields,
        tree.get("enctype") or "application/x-www-form-urlencoded",
    )
