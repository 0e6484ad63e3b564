"""What an installation is told by its environment: typed, read once, frozen, every problem listed at once.

Each name may be given as NAME, or as NAME_FILE naming a file that holds the value (for container secrets). A file
`psg.env` in the working folder (or PSG_ENV_FILE) is read first; the real environment wins over it.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from flask import current_app


class SettingsError(Exception):
    """The environment cannot be used; `problems` says everything that is wrong, not just the first thing."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("PSG cannot start:\n" + "\n".join(f"  - {problem}" for problem in problems))


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One installation's settings. A default stands only where it is safe on the open internet."""

    database_url: str
    database_owner_url: str
    broker_url: str
    keys: Path
    root_key_file: Path | None
    anchor_file: Path
    base_url: str
    mail_url: str
    mail_from: str
    proxy_hops: int = 0
    session_idle_minutes: int = 30
    session_hours: int = 12
    backup_days: int = 2
    log_level: str = "INFO"
    demo: bool = False

    @property
    def host(self) -> str:
        """Host and port of the base address, as a browser sends them."""
        return urlsplit(self.base_url).netloc

    @property
    def https(self) -> bool:
        """Whether people reach the installation over TLS."""
        return self.base_url.startswith("https://")

    @property
    def embedded(self) -> bool:
        """Whether worker and scheduler live inside the one web process (the demo)."""
        return self.broker_url.startswith("memory:")

    @property
    def sqlite(self) -> bool:
        """Whether the embedded database is used."""
        return self.database_url.startswith("sqlite:")


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; raises SettingsError with every problem found."""
    given = os.environ if environ is None else environ
    values = _Values(_with_env_file(given))
    database = values.database("PSG_DATABASE_URL")
    settings = Settings(
        database_url=database,
        database_owner_url=values.database("PSG_DATABASE_OWNER_URL", database),
        broker_url=values.broker("PSG_BROKER_URL"),
        keys=Path(values.required("PSG_KEYS", "the folder that holds the keys, outside the database's backups")),
        root_key_file=Path(root) if (root := values.get("PSG_ROOT_KEY_FILE")) else None,
        anchor_file=Path(values.required("PSG_ANCHOR_FILE", "a file outside the database for audit anchors")),
        base_url=values.base_url("PSG_BASE_URL"),
        mail_url=values.mail("PSG_MAIL_URL"),
        mail_from=values.required("PSG_MAIL_FROM", "the address that reminders come from"),
        proxy_hops=values.integer("PSG_PROXY_HOPS", 0, 0, 5),
        session_idle_minutes=values.integer("PSG_SESSION_IDLE_MINUTES", 30, 5, 60),
        session_hours=values.integer("PSG_SESSION_HOURS", 12, 1, 24),
        backup_days=values.integer("PSG_BACKUP_DAYS", 2, 1, 31),
        log_level=values.one_of("PSG_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
        demo=values.one_of("PSG_DEMO", "no", ("no", "yes")) == "yes",
    )
    if values.problems:
        raise SettingsError(_without_its_file(given) + values.problems)
    return settings


def current() -> Settings:
    """The settings of the running application."""
    settings: Settings = current_app.extensions["psg.settings"]
    return settings


def env_file(environ: Mapping[str, str] | None = None) -> Path:
    """Where `psg.env` is, or would be."""
    return Path((os.environ if environ is None else environ).get("PSG_ENV_FILE") or "psg.env")


def has_env_file(environ: Mapping[str, str] | None = None) -> bool:
    """Whether it is there, as far as this account may see."""
    try:
        return env_file(environ).exists()
    except PermissionError:
        return False


def _with_env_file(environ: Mapping[str, str]) -> dict[str, str]:
    values: dict[str, str] = {}
    if has_env_file(environ):
        for line in _read(env_file(environ)).splitlines():
            name, separator, value = line.partition("=")
            if separator and not name.lstrip().startswith("#"):
                values[name.strip()] = value.strip().strip('"')
    return values | dict(environ)


def _read(path: Path) -> str:
    """The file's text. What it would have said is missing everywhere, so that alone is told when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except PermissionError:
        raise SettingsError([_forbidden(path)]) from None
    except (OSError, UnicodeDecodeError) as error:
        problem = f"The settings file {path.absolute()} cannot be read ({type(error).__name__})"
        raise SettingsError([problem]) from None


def _without_its_file(environ: Mapping[str, str]) -> list[str]:
    """Most likely why other things are missing: a file that is named and not there, or lies where nobody may look."""
    path = env_file(environ)
    try:
        there = path.exists()
    except PermissionError:
        return [_forbidden(path)]
    if there or not environ.get("PSG_ENV_FILE"):
        return []
    return [f"There is no settings file {path.absolute()}, which PSG_ENV_FILE names"]


def _forbidden(path: Path) -> str:
    return (
        f"This account may not read the settings file {path.absolute()}. "
        "Run the command as the account that PSG runs under, such as: sudo -u psg ..."
    )


class _Values:
    """Reads single values and collects what is wrong with them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[str] = []

    def get(self, name: str) -> str:
        if path := self._environ.get(f"{name}_FILE"):
            try:
                return Path(path).read_text(encoding="utf-8").strip()
            except OSError as error:
                self.problems.append(f"{name}_FILE cannot be read: {error.strerror}")
        return self._environ.get(name, "").strip()

    def required(self, name: str, meaning: str) -> str:
        value = self.get(name)
        if not value:
            self.problems.append(f"{name} is not set ({meaning})")
        return value

    def database(self, name: str, default: str | None = None) -> str:
        value = self.get(name)
        if not value and default is not None:
            return default  # what is wrong with it was said of the setting that it comes from
        value = value or self.required(name, "where the records are kept")
        if value.startswith("postgresql://"):
            value = "postgresql+psycopg://" + value.removeprefix("postgresql://")
        if value and not value.startswith(("postgresql+psycopg://", "sqlite:///")):
            self.problems.append(f"{name} must start with postgresql:// or sqlite:///")
        return value

    def broker(self, name: str) -> str:
        value = self.required(name, "redis://… for real use; memory:// for one web process")
        if value and not value.startswith(("redis://", "rediss://", "memory://", "unix://")):
            self.problems.append(f"{name} must start with redis://, rediss:// or memory://")
        return value

    def base_url(self, name: str) -> str:
        value = self.required(name, "the address people type, such as https://psg.example.gov.uk").rstrip("/")
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.netloc or parts.path):
            self.problems.append(f"{name} must be an address such as https://psg.example.gov.uk, without a path")
        elif parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            self.problems.append(f"{name} must use https: sign-in cookies do not travel over plain http")
        return value

    def mail(self, name: str) -> str:
        value = self.required(name, "smtp://host:25, smtps://… or folder:///path for a trial")
        if value and not value.startswith(("smtp://", "smtps://", "folder://")):
            self.problems.append(f"{name} must start with smtp://, smtps:// or folder://")
        return value

    def integer(self, name: str, default: int, least: int, most: int) -> int:
        value = self.get(name)
        if not value:
            return default
        if not value.isdecimal() or not least <= int(value) <= most:
            self.problems.append(f"{name} must be a whole number from {least} to {most}")
            return default
        return int(value)

    def one_of(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        value = self.get(name) or default
        if value not in allowed:
            self.problems.append(f"{name} must be one of {', '.join(allowed)}")
        return value
