"""Draw the tables and their foreign keys as docs/data-model.svg, from the models themselves."""

import html
from pathlib import Path

from sqlalchemy import ForeignKeyConstraint, Table

from psg import tables  # noqa: F401 - imported so that every table is known
from psg.db.model import Base

COLUMNS: list[list[str]] = [
    ["accounts", "crypto", "db"],
    ["partnerships", "agreements"],
    ["people", "cases"],
    ["actions", "risk", "audit"],
    ["meetings", "reminders"],
]
WIDTH, GAP, LINE, PAD = 250, 70, 15, 8
FRAME = ("partnership_id", "id", "version")


def main() -> None:
    """Write the picture."""
    Path("docs/data-model.svg").write_text(draw(), encoding="utf-8")


def draw() -> str:
    """The picture as SVG."""
    places: dict[str, tuple[int, int, int]] = {}
    boxes: list[str] = []
    tallest = 0
    for number, packages in enumerate(COLUMNS):
        x, y = 20 + number * (WIDTH + GAP), 30
        for package in packages:
            boxes.append(f'<text x="{x}" y="{y}" class="package">{package}</text>')
            y += 10
            for table in _tables_of(package):
                lines = _lines(table)
                height = PAD * 2 + LINE * (len(lines) + 1)
                places[table.name] = (x, y, height)
                boxes.append(_box(table.name, lines, x, y, height))
                y += height + 14
            y += 24
        tallest = max(tallest, y)
    width = 20 + len(COLUMNS) * (WIDTH + GAP)
    arrows = "".join(_arrow(*pair) for pair in _keys(places))
    return _PAGE.format(width=width, height=tallest, arrows=arrows, boxes="".join(boxes))


def _tables_of(package: str) -> list[Table]:
    found = {
        mapper.local_table for mapper in Base.registry.mappers if mapper.class_.__module__.startswith(f"psg.{package}.")
    }
    if package == "db":
        found = {Base.metadata.tables["done_once"]}
    return sorted((table for table in found if isinstance(table, Table)), key=lambda table: table.name)


def _lines(table: Table) -> list[tuple[str, bool]]:
    return [
        (column.name.removesuffix("_sealed"), column.name.endswith("_sealed"))
        for column in table.columns
        if column.name not in FRAME
    ]


def _box(name: str, lines: list[tuple[str, bool]], x: int, y: int, height: int) -> str:
    rows = "".join(
        f'<text x="{x + PAD}" y="{y + PAD + LINE * (n + 2) - 4}" class="{"sealed" if sealed else "plain"}">'
        f"{html.escape(text)}{' (sealed)' if sealed else ''}</text>"
        for n, (text, sealed) in enumerate(lines)
    )
    return (
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{height}"/>'
        f'<text x="{x + PAD}" y="{y + PAD + LINE - 4}" class="name">{name}</text>{rows}'
    )


def _keys(places: dict[str, tuple[int, int, int]]) -> list[tuple[tuple[int, int, int], tuple[int, int, int]]]:
    pairs = set()
    for table in Base.metadata.tables.values():
        for key in table.constraints:
            if isinstance(key, ForeignKeyConstraint) and key.referred_table.name not in ("users", "partnerships"):
                pairs.add((table.name, key.referred_table.name))
    return [(places[a], places[b]) for a, b in sorted(pairs) if a in places and b in places and a != b]


def _arrow(start: tuple[int, int, int], end: tuple[int, int, int]) -> str:
    x1, y1 = start[0], start[1] + 16
    x2, y2 = end[0] + (WIDTH if end[0] < start[0] else 0), end[1] + 16
    if start[0] == end[0]:
        return f'<path d="M{x1} {y1} C{x1 - 30} {y1} {x1 - 30} {y2} {x1} {y2}"/>'
    x1 = start[0] if end[0] < start[0] else start[0] + WIDTH
    middle = (x1 + x2) // 2
    return f'<path d="M{x1} {y1} C{middle} {y1} {middle} {y2} {x2} {y2}"/>'


_PAGE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<title>Tables of PSG by package, with foreign keys between them</title>
<style>
rect {{ fill: #fff; stroke: #12303f; }}
path {{ fill: none; stroke: #6b7377; marker-end: url(#tip); }}
text {{ font: 11px "Segoe UI", system-ui, "Noto Sans", sans-serif; fill: #0b0c0c; }}
.name {{ font-weight: 600; }}
.package {{ font-size: 15px; font-weight: 600; fill: #12303f; }}
.sealed {{ fill: #6b1220; }}
</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">
<path d="M0 0 8 4 0 8z" style="fill:#6b7377;stroke:none"/></marker></defs>
<rect width="{width}" height="{height}" style="fill:#f3f5f6;stroke:none"/>
{arrows}{boxes}</svg>
"""

if __name__ == "__main__":
    main()
