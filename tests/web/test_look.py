"""Colours have enough contrast, vendored files are the ones we checked, nothing licensed elsewhere is served."""

from __future__ import annotations

import hashlib
import re

import pytest

from psg.paths import STATIC

CSS = (STATIC / "app.css").read_text()
TOKENS = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", CSS))

TEXT = [
    ("ink", "paper"),
    ("ink", "ground"),
    ("ink", "focus"),
    ("ink", "time-out"),
    ("ink-2", "paper"),
    ("ink-2", "ground"),
    ("link", "paper"),
    ("link", "ground"),
    ("link-hover", "tag-blue"),
    ("paper", "button"),
    ("paper", "button-hover"),
    ("paper", "warning"),
    ("warning", "paper"),
    ("header-ink", "header"),
    ("marking-ink", "marking"),
    ("tag-grey-ink", "tag-grey"),
    *((f"band-{tone}-ink", f"band-{tone}") for tone in ("highest", "high", "middle", "low", "none")),
    *((f"tag-{tone}-ink", f"tag-{tone}") for tone in ("blue", "amber", "red", "green", "grey", "purple")),
]
MARKS = [
    ("edge", "paper"),
    ("edge", "ground"),
    ("band-highest", "paper"),
    ("band-high", "paper"),
    ("band-middle-edge", "paper"),
    ("band-middle-edge", "band-middle"),
    ("band-low-edge", "paper"),
    ("band-low-edge", "band-low"),
    ("band-none-edge", "paper"),
    ("chart-1", "paper"),
    ("chart-2-edge", "paper"),
    ("chart-3-edge", "paper"),
    ("chart-4", "paper"),
    ("chart-line", "paper"),
    ("header", "ground"),
]


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(TOKENS[one]), luminance(TOKENS[other])), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("words", "ground"), TEXT)
def test_text_can_be_read(words: str, ground: str) -> None:
    assert contrast(words, ground) >= 4.5


@pytest.mark.parametrize(("mark", "ground"), MARKS)
def test_marks_and_edges_can_be_seen(mark: str, ground: str) -> None:
    assert contrast(mark, ground) >= 3


@pytest.mark.parametrize("tone", ["blue", "amber", "red", "green", "grey", "purple"])
def test_tags_reach_eight(tone: str) -> None:
    assert contrast(f"tag-{tone}-ink", f"tag-{tone}") >= 8


def test_vendored_files_are_the_ones_we_checked() -> None:
    folder = STATIC / "vendor"
    sums = {}
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        sums[name] = digest
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name
    assert set(sums) | {"SHA256SUMS"} == {path.name for path in folder.iterdir()}


def test_nothing_licensed_for_gov_uk_alone_is_served() -> None:
    for path in STATIC.rglob("*"):
        if path.suffix in (".css", ".js", ".svg"):
            text = path.read_text()
            assert "GDS Transport" not in text
            assert "@font-face" not in text
            assert not re.search(r"url\(", text), path
            assert "crest.svg" not in text
    assert "Permission is hereby granted" in (STATIC / "vendor" / "LICENSE.txt").read_text()


def test_every_icon_is_there() -> None:
    names = set(re.findall(r'<symbol id="([a-z]+)"', (STATIC / "icons.svg").read_text()))
    wanted = "person place note visit call incident decision meeting action risk document clock warning done copy print"
    assert names == set(wanted.split())
