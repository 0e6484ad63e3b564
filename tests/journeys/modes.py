"""A page as people set it who see it otherwise: in other colours, larger, without movement, on paper, in grey.

Each check looks at the page that is open, leaves it as it was, and gives what is wrong in words.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.journeys.visitor import PHONE, WIDE

PAPER = {"width": 680, "height": 960}
"""What A4 leaves between its margins, in pixels of CSS."""

_SCRIPT = Path(__file__).with_name("modes.js").read_text(encoding="utf-8")


def problems(page: Page, *, marked: bool) -> list[str]:
    """Everything that is wrong with the open page; `marked`: it has to carry a handling marking."""
    return [f"{mode}: {wrong}" for mode, found in _looked(page, marked) for wrong in found]


def _looked(page: Page, marked: bool) -> Iterator[tuple[str, list[str]]]:
    yield "in grey", _ask(page, "grey")
    with _media(page, forced_colors="active"):
        yield "in forced colours", _ask(page, "forcedColours")
    with _media(page, reduced_motion="reduce"):
        yield "without movement", _ask(page, "moves")
    page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")
    yield "with text of 200 %", _ask(page, "fits")
    page.evaluate("() => { document.documentElement.style.fontSize = ''; }")
    with _size(page, PAPER), _media(page, media="print"):
        yield "on paper", _ask(page, "printed", marked)
    # 1280 pixels at 400 % are 320.
    with _size(page, PHONE):
        yield "at 400 %", _ask(page, "fits")


def _ask(page: Page, check: str, argument: Any = None) -> list[str]:
    found: list[str] = page.evaluate(f"(argument) => {{ {_SCRIPT}\nreturn {check}(argument); }}", argument)
    return found


@contextmanager
def _media(page: Page, **features: Any) -> Iterator[None]:
    page.emulate_media(**features)
    yield
    page.emulate_media(**dict.fromkeys(features, "null"))


@contextmanager
def _size(page: Page, size: dict[str, int]) -> Iterator[None]:
    page.set_viewport_size(size)
    yield
    page.set_viewport_size(WIDE)
