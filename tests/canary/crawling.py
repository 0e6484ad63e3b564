"""A crawler that signs in as everybody and reads everything it is given: pages, files, headers."""

import re
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urljoin, urlsplit

from werkzeug.test import TestResponse

from tests import pdfs
from tests.browsing import Browser
from tests.canary.words import PLANTED

TOKEN = re.compile(r"CNRY(?:-[A-Z0-9]+)+", re.IGNORECASE)
MOST_QUERIES = 3
"""Of one page with different filters and orders so many are read."""


@dataclass
class Found:
    """What one person found: token -> the first address it stood at; and what must not be anywhere."""

    tokens: dict[str, str] = field(default_factory=dict)
    pages: int = 0
    broken: list[str] = field(default_factory=list)
    in_addresses: list[str] = field(default_factory=list)
    in_titles: dict[str, str] = field(default_factory=dict)


_LINK = re.compile(r'<a\b[^>]*?\shref="([^"]+)"')
_FORM = re.compile(r"<form\b[^>]*>")
_ACTION = re.compile(r'\saction="([^"]*)"')
"""No attribute of our pages holds a bare quote or bracket, and a parser would take half as long as the pages."""


def _links(page: str) -> Iterator[str]:
    """Where a page's links and the forms that only look lead to."""
    yield from map(unescape, _LINK.findall(page))
    for form in _FORM.findall(page):
        if 'method="post"' not in form:
            action = _ACTION.search(form)
            yield unescape(action[1]) if action else ""


def crawl(browser: Browser, seeds: Iterable[str], odd: dict[str, str], *, most: int = 2_000) -> Found:
    """Read everything reachable by links and by forms that only look, breadth first."""
    found, seen, queries = Found(), set[str](), dict[str, int]()
    waiting = deque(seeds)
    while waiting and found.pages < most:
        address = waiting.popleft()
        path, _, query = address.partition("?")
        if address in seen or (query and queries.get(path, 0) >= MOST_QUERIES):
            continue
        seen.add(address)
        queries[path] = queries.get(path, 0) + bool(query)
        answer = browser.get(address)
        found.pages += 1
        waiting.extend(_read(answer, address, found, odd))
    return found


def _read(answer: TestResponse, address: str, found: Found, odd: dict[str, str]) -> Iterator[str]:
    if answer.status_code >= 500 and not address.startswith("/readyz"):
        found.broken.append(f"{address}: {answer.status}")
    text = text_of(answer)
    for token in tokens_in(text, odd) | tokens_in(str(answer.headers), odd):
        found.tokens.setdefault(token, address)
    if TOKEN.search(address):
        found.in_addresses.append(address)
    title = re.search(r"<title>(.*?)</title>", text, re.S)
    if title:
        found.in_titles.update({token.upper(): address for token in TOKEN.findall(title[1])})
    if answer.location:
        yield from _ours([answer.location], address)
    if "html" in answer.content_type:
        yield from links_of(text, address)


def links_of(page: str, address: str) -> Iterator[str]:
    """The application's own addresses that a page links to, or that its forms look at."""
    return _ours(_links(page), address)


def _ours(links: Iterable[str], address: str) -> Iterator[str]:
    for link in links:
        parts = urlsplit(urljoin(f"https://psg.test{address}", link))
        if parts.netloc == "psg.test" and not parts.path.startswith("/static/"):
            yield parts.path + (f"?{parts.query}" if parts.query else "")


def tokens_in(text: str, odd: dict[str, str]) -> set[str]:
    """Every token in a text, telephone numbers and the like included."""
    found = {match.upper() for match in TOKEN.findall(text)} if "nry-" in text.lower() else set()
    return found | {token for value, token in odd.items() if value in text}


def text_of(answer: TestResponse) -> str:
    """An answer's text; of a PDF the words in it."""
    if answer.data.startswith(b"%PDF"):
        return _pdf(answer.data)
    return answer.data.decode("utf-8", "replace")


def _pdf(data: bytes) -> str:
    """The bytes, what is packed in them, and every planted word that can be read on the pages, however it is broken."""
    words = _squeezed(pdfs.words_if_readable(data))
    return "\n".join([data.decode("latin-1"), _streams(data), *(t for t in PLANTED if _squeezed(t) in words)])


def _squeezed(text: str) -> str:
    return re.sub(r"[\s­-]+", "", text)


def _streams(data: bytes) -> str:
    text = []
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", data, re.S):
        try:
            text.append(zlib.decompress(stream).decode("latin-1"))
        except zlib.error:
            continue
    return "".join(text)
