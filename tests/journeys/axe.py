"""axe in the page that is open: what it finds wrong, in words."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

_SCRIPT = (Path(__file__).parent.parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN = """async (tags) => {
  const found = await axe.run(document, {runOnly: {type: "tag", values: tags}, resultTypes: ["violations"]});
  return found.violations.map((one) => ({
    id: one.id, help: one.help,
    nodes: one.nodes.map((node) => ({html: node.html, why: node.failureSummary})),
  }));
}"""


def findings(page: Page) -> list[dict[str, Any]]:
    """Every violation of WCAG 2.2 A and AA and of axe's own good practice on the page as it stands."""
    # A policy against inline scripts does not bind the debugger, so the page's own rules stay as they are.
    if not page.evaluate("() => typeof axe === 'object'"):
        page.evaluate(_SCRIPT)
    found: list[dict[str, Any]] = page.evaluate(_RUN, _TAGS)
    return found


def in_words(found: list[dict[str, Any]]) -> str:
    """The findings for a person who has to mend them."""
    lines = []
    for one in found:
        lines.append(f"{one['id']}: {one['help']}")
        for node in one["nodes"][:5]:
            lines.append(f"    {node['html'][:300]}")
            lines += [f"        {line}" for line in node["why"].splitlines()[1:4]]
    return "\n".join(lines)
