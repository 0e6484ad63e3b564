"""Rules of the house that a tool can hold: sizes, one place that commits, one clock, nothing rendered past the gate."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "psg"
MODULES = sorted(path for folder in (SOURCE, ROOT / "worker") for path in folder.rglob("*.py"))
MOST_LINES = 400


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _calls(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_modules_stay_small(path: Path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_app_fits_on_one_screen():
    assert len((SOURCE / "app.py").read_text(encoding="utf-8").splitlines()) <= 100


def test_nothing_is_called_a_helper():
    banned = re.compile(r"(^|_)(utils?|helpers?|common|misc|manager|base_?class)(_|$)")
    # common_passwords is a list of common passwords.
    found = [_name(p) for p in MODULES if banned.search(p.stem) and p.stem != "common_passwords"]
    assert found == []


def test_only_the_session_module_commits():
    allowed = {"src/psg/db/session.py", "src/psg/db/migrate.py"}
    found = {_name(p) for p in MODULES for call, _ in _calls(p) if call.endswith((".commit", ".begin_nested"))}
    assert found <= allowed


def test_only_the_clock_asks_the_time():
    asking = ("datetime.now", "datetime.utcnow", "date.today", "time.time", "datetime.datetime.now")
    found = [f"{_name(p)}:{line}" for p in MODULES for call, line in _calls(p) if call in asking]
    assert [place for place in found if not place.startswith("src/psg/clock.py")] == []


def test_pages_are_rendered_behind_the_gate():
    allowed = {"src/psg/access/guard.py", "src/psg/wiring.py", "src/psg/web/errors.py"}
    found = {
        _name(p) for p in MODULES for call, _ in _calls(p) if call in ("render_template", "render_template_string")
    }
    assert found <= allowed


def test_models_have_no_relationships():
    found = [_name(p) for p in MODULES for call, _ in _calls(p) if call in ("relationship", "orm.relationship")]
    assert found == []


def test_no_printing():
    found = [f"{_name(p)}:{line}" for p in MODULES for call, line in _calls(p) if call == "print"]
    assert found == []


def test_no_unfinished_words():
    words = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b|coming soon", re.IGNORECASE)
    files = [*MODULES, *(ROOT / "templates").rglob("*.html")]
    assert [_name(p) for p in files if words.search(p.read_text(encoding="utf-8"))] == []
