"""A settings file that is missing or may not be read is told in a sentence; only what is really missing is named."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from psg import settings
from psg.cli import main
from psg.settings import SettingsError

GOOD = {
    "PSG_DATABASE_URL": "sqlite:///x.sqlite",
    "PSG_BROKER_URL": "memory://",
    "PSG_KEYS": "keys",
    "PSG_ANCHOR_FILE": "anchors.log",
    "PSG_BASE_URL": "http://localhost:8000",
    "PSG_MAIL_URL": "folder:///mail",
    "PSG_MAIL_FROM": "psg@localhost",
}


def problems(environ: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        settings.load(environ)
    return refused.value.problems


def forbid(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """As another account would have it: the tests may run as root, who may read everything."""

    def refuse(self: Path, *_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, name, refuse)


def test_the_owners_address_is_not_missing_when_the_applications_is() -> None:
    without = {name: value for name, value in GOOD.items() if name != "PSG_DATABASE_URL"}
    assert problems(without) == ["PSG_DATABASE_URL is not set (where the records are kept)"]
    assert problems(GOOD | {"PSG_DATABASE_URL": "mysql://x"}) == [
        "PSG_DATABASE_URL must start with postgresql:// or sqlite:///"
    ]
    assert problems(GOOD | {"PSG_DATABASE_OWNER_URL": "mysql://x"}) == [
        "PSG_DATABASE_OWNER_URL must start with postgresql:// or sqlite:///"
    ]
    assert settings.load(GOOD).database_owner_url == "sqlite:///x.sqlite"


def test_a_file_that_is_named_and_not_there_is_the_first_thing_said(tmp_path: Path) -> None:
    missing = tmp_path / "gone.env"
    said = problems({"PSG_ENV_FILE": str(missing)})
    assert said[0] == f"There is no settings file {missing}, which PSG_ENV_FILE names"
    assert said[1].startswith("PSG_DATABASE_URL is not set")
    assert settings.load(GOOD | {"PSG_ENV_FILE": str(missing)}), "everything is given, and nothing is missing"


def test_a_file_that_may_not_be_read_is_all_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "psg.env"
    file.write_text("\n".join(f"{name}={value}" for name, value in GOOD.items()), encoding="utf-8")
    monkeypatch.setenv("PSG_ENV_FILE", str(file))
    for name in GOOD:
        monkeypatch.delenv(name, raising=False)
    forbid(monkeypatch, "read_text")
    for command in ("check", "upgrade", "init"):
        outcome = CliRunner().invoke(main, [command])
        assert isinstance(outcome.exception, SystemExit), outcome.exc_info
        assert outcome.exit_code == 1
        assert f"This account may not read the settings file {file}." in outcome.output
        assert "sudo -u psg" in outcome.output
        assert "is not set" not in outcome.output


def test_a_folder_nobody_may_look_into_matters_only_where_something_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    forbid(monkeypatch, "exists")
    assert settings.load(GOOD).mail_from == "psg@localhost"
    said = problems({})
    assert said[0].startswith(f"This account may not read the settings file {Path.cwd() / 'psg.env'}.")


def test_a_file_that_is_not_text_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "psg.env"
    file.write_bytes(b"PSG_KEYS=\xff\n")
    assert problems({"PSG_ENV_FILE": str(file)}) == [f"The settings file {file} cannot be read (UnicodeDecodeError)"]
