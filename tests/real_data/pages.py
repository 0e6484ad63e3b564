"""Pages taken apart: what a reader finds on them."""

import re
from dataclasses import dataclass
from html import unescape


@dataclass(frozen=True)
class Entry:
    """One entry of a timeline as it is read."""

    title: str
    when: str
    agency: str
    author: str
    who: str
    text: str


def entries(page: str) -> list[Entry]:
    """Every entry of the timeline on a page, from top to bottom."""
    return [_entry(part.split("</li>")[0]) for part in page.split('<li class="app-timeline__entry"')[1:]]


def notes(page: str) -> list[Entry]:
    """The entries that somebody wrote; decisions, which the product adds, are left out."""
    return [entry for entry in entries(page) if entry.author.startswith("entered by ")]


def references(page: str) -> list[str]:
    """Every reference on a page, in its order, each once."""
    return list(dict.fromkeys(re.findall(r"EC-[A-Z0-9]{4}-[A-Z0-9]{2}", page)))


def text_of(markup: str) -> str:
    """Words without markup, as a reader sees them."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def sections(page: str) -> dict[str, str]:
    """The blocks of an agenda by their title without its number, in order."""
    found = {}
    for part in page.split('<section class="app-block"')[1:]:
        title = re.search(r'<h2 class="app-block__title"[^>]*>(.*?)</h2>', part, re.DOTALL)
        assert title is not None
        found[text_of(title[1]).split(" ", 1)[1]] = part.split("</section>")[0]
    return found


def _entry(part: str) -> Entry:
    title, meta = _inside(part, "app-timeline__title"), _inside(part, "app-timeline__meta")
    when, agency, author, *_ = [text_of(piece) for piece in meta.split(" · ")] + ["", ""]
    paragraphs = re.findall(r'<p class="govuk-body">(.*?)</p>', part, re.DOTALL)
    who = ""
    if paragraphs and (named := re.fullmatch(r"<strong>(.*)</strong>", paragraphs[0], re.DOTALL)):
        who, paragraphs = unescape(named[1]), paragraphs[1:]
    return Entry(text_of(title), when, agency, author, who, "\n".join(unescape(words) for words in paragraphs))


def _inside(part: str, name: str) -> str:
    found = re.search(rf'class="{name}"[^>]*>(.*?)</(?:h3|p)>', part, re.DOTALL)
    return found[1] if found else ""
