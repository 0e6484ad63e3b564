"""Nothing with a known hole is installed, and everything comes from the public index by hash."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.version import Version

CHECKOUT = Path(__file__).resolve().parents[2]

# The first release without the holes known on 2026-11-21; raise a floor when an advisory appears.
FLOORS = {
    "flask": "3.1.3",  # CVE-2026-27205: a cached page of another person
    "werkzeug": "3.1.8",  # CVE-2025-66221, CVE-2026-21860, CVE-2026-27199, empty hosts refused
    "jinja2": "3.1.6",  # CVE-2025-27516
    "cryptography": "50.0.0",  # CVE-2026-69247 and the OpenSSL it bundles
    "gunicorn": "23",  # CVE-2024-1135, CVE-2024-6827: request smuggling
    "celery": "5.7",
    "kombu": "5.7",
    "psycopg": "3.3.9",  # bundles libpq 18 with the fixes of May 2026
    "redis": "8.1",
}
FLOORS_IF_PRESENT = {
    "pillow": "12.3.0",
    "authlib": "1.7.1",
    "weasyprint": "70.0",
    "pypdf": "6.16.1",
}
PUBLIC_INDEX = "https://pypi.org/simple"
PUBLIC_FILES = "https://files.pythonhosted.org/"


@pytest.fixture(scope="module")
def locked():
    """The packages of uv.lock."""
    return tomllib.loads((CHECKOUT / "uv.lock").read_text(encoding="utf-8"))["package"]


@pytest.mark.parametrize(("name", "floor"), FLOORS.items())
def test_installed_version_is_free_of_known_holes(name, floor):
    assert Version(version(name)) >= Version(floor)


def test_locked_versions_are_free_of_known_holes(locked):
    versions = {package["name"]: Version(package["version"]) for package in locked}
    floors = FLOORS | {name: floor for name, floor in FLOORS_IF_PRESENT.items() if name in versions}
    too_old = {name: str(versions[name]) for name, floor in floors.items() if versions[name] < Version(floor)}
    assert too_old == {}


def test_lock_names_only_the_public_index(locked):
    elsewhere = [
        package["name"]
        for package in locked
        if package["source"] != {"registry": PUBLIC_INDEX} and package["name"] != "psg"
    ]
    assert elsewhere == []


def test_every_locked_file_has_a_hash_and_a_public_address(locked):
    files = [file for package in locked for file in [package.get("sdist"), *package.get("wheels", [])] if file]
    assert files
    assert [file["url"] for file in files if not file["url"].startswith(PUBLIC_FILES)] == []
    assert [file["url"] for file in files if not file["hash"].startswith("sha256:")] == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_requirements_for_pip_say_what_uv_lock_says(locked, name):
    """The way without uv installs the same versions."""
    by_name = {package["name"]: package["version"] for package in locked}
    text = (CHECKOUT / name).read_text(encoding="utf-8")
    pinned = dict(re.findall(r"^([a-z0-9_.-]+)(?:\[[^\]]*\])?==([^\s;]+)", text, flags=re.MULTILINE))
    assert pinned
    assert {package: number for package, number in pinned.items() if by_name.get(package) != number} == {}
    assert text.count("--hash=sha256:") >= len(pinned)


def test_requirements_for_pip_leave_nothing_out():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.match(r"[a-z0-9-]+", dependency).group() for dependency in project["dependencies"]}
    text = (CHECKOUT / "requirements.lock").read_text(encoding="utf-8")
    assert {name for name in names if not re.search(rf"^{name}(\[|==)", text, flags=re.MULTILINE)} == set()
