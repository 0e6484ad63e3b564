"""`psg init` and `psg upgrade`: making an installation, keeping it up to date."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from psg import audit, settings
from psg.accounts import operations as accounts
from psg.accounts.models import User
from psg.app import create_app
from psg.audit import ddl
from psg.cli.starting import how_to_start, is_taken
from psg.crypto import keymaking
from psg.crypto.keyfiles import root_path
from psg.db import db, migrate, reading_done, transaction
from psg.partnerships import operations as partnerships
from psg.partnerships.models import Installation
from psg.settings import Settings, SettingsError

_TRIAL = """# Written by psg init: a trial on one machine. Not for live records (see README).
PSG_DATABASE_URL=sqlite:///{folder}/psg.sqlite
PSG_BROKER_URL=memory://
PSG_KEYS={folder}/keys
PSG_ANCHOR_FILE={folder}/anchors.log
PSG_BASE_URL={base_url}
PSG_MAIL_URL=folder://{folder}/mail
PSG_MAIL_FROM=psg@localhost
"""


@click.command()
@click.option("--admin-email", default="", help="E-mail address of the first system administrator.")
@click.option("--admin-name", default="", help="Their first and last name.")
@click.option("--base-url", default="http://localhost:8000", help="The address people will type.")
@click.option("--yes-sqlite", is_flag=True, help="Make a trial with an embedded database here without asking.")
def init(admin_email: str, admin_name: str, base_url: str, yes_sqlite: bool) -> None:
    """Make keys and tables, and invite the first system administrator.

    Settings are looked over before anything is asked or made. With none of the settings it needs given, offers a trial
    with an embedded database in this folder. Run again, it migrates the database and changes nothing else.
    """
    values = _settings_or_trial(base_url, yes_sqlite=yes_sqlite)
    if problems := _in_the_way(values, admin_email):
        raise click.ClickException("Nothing was made:\n" + "\n".join(f"  - {problem}" for problem in problems))
    if not root_path(values).exists():
        keymaking.init_root(values)
        click.echo(f"Root key: {root_path(values)}. Copy it to a safe place: without it nothing can be read again.")
    keymaking.init_installation(values)
    migrate_and_grant(values)
    app = create_app(values)
    with app.app_context():
        link = None
        if not _has_administrator():
            with _answered(
                "Name the first system administrator: --admin-email ada@example.gov.uk --admin-name 'Ada Admin'"
            ):
                admin_email = admin_email or click.prompt(
                    "E-mail address of the first system administrator", value_proc=_address
                )
                admin_name = admin_name or click.prompt("Their first and last name")
            link = first_administrator(admin_email, admin_name)
    if link is None:
        click.echo("The database is up to date. There is already a system administrator.")
        return
    click.echo(f"\nOpen this link within 48 hours to set {admin_email}'s password:\n\n  {values.base_url}{link}\n")
    click.echo(how_to_start(values))


@click.command()
def upgrade() -> None:
    """Bring the database to the form this version needs, and give the application's role its rights."""
    migrate_and_grant(read_settings())
    click.echo(f"The database is at revision {migrate.head()}.")


def migrate_and_grant(values: Settings) -> None:
    """Run missing migrations as the owner; the application's own role may then not change the audit."""
    try:
        migrate.upgrade(values.database_owner_url)
    except (OperationalError, ProgrammingError) as problem:
        owner = migrate.application_role(values.database_owner_url) or "PSG"
        raise click.ClickException(
            f"The tables could not be made as {owner}: {str(problem.orig).strip().splitlines()[0]}\n"
            "PSG_DATABASE_OWNER_URL is the address of the database with its owner (docs/operations.md)."
        ) from None
    role = migrate.application_role(values.database_url)
    if role is None or role == migrate.application_role(values.database_owner_url):
        return
    engine = migrate.owner_engine(values.database_owner_url)
    quoted = '"' + role.replace('"', '""') + '"'
    with engine.begin() as connection:
        connection.execute(text(f"grant usage on schema public to {quoted}"))
        connection.execute(text(f"grant select, insert, update, delete on all tables in schema public to {quoted}"))
        connection.execute(text(f"grant usage on all sequences in schema public to {quoted}"))
        connection.execute(text(f"revoke insert, update, delete on alembic_version from {quoted}"))
        for statement in ddl.grants(role):
            connection.execute(text(statement))
    engine.dispose()


def first_administrator(email: str, name: str) -> str | None:
    """Invite the first system administrator; gives the link's path, or None when there is one already."""
    if _has_administrator():
        return None
    first, _, last = name.strip().partition(" ")
    with transaction():
        if db.session.get(Installation, 1) is None:
            partnerships.mark_installation("live")
        user = accounts.create_user(
            email=email,
            first_name=first or "First",
            last_name=last or first,
            is_system_administrator=True,
            by=audit.SYSTEM,
        )
        link = accounts.invite(user, partnership_id=None, by=audit.SYSTEM)
    return f"/invitations/{accounts.token_of(link.id)}"


def _has_administrator() -> bool:
    found = db.session.scalar(select(User.id).where(User.is_system_administrator)) is not None
    reading_done()
    return found


def _address(typed: str) -> str:
    """An e-mail address; raises click.BadParameter, at which it is asked again."""
    try:
        return validate_email(typed.strip(), check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise click.BadParameter("enter an e-mail address such as ada@example.gov.uk") from None


def _in_the_way(values: Settings, admin_email: str) -> list[str]:
    """All that would stop `init` half way, looked over before anything is made."""
    problems: list[str] = []
    for name, url in {
        "PSG_DATABASE_URL": values.database_url,
        "PSG_DATABASE_OWNER_URL": values.database_owner_url,
    }.items():
        if (problem := _unreachable(url)) and not any(problem in known for known in problems):
            problems.append(f"{name}: {problem}")
    for name, folder in (("PSG_KEYS", values.keys), ("PSG_ANCHOR_FILE", values.anchor_file.parent)):
        if not _can_be_written(folder):
            problems.append(f"{name}: the folder {folder} cannot be made or written to by this account")
    if admin_email:
        try:
            _address(admin_email)
        except click.BadParameter as problem:
            problems.append(f"--admin-email: {problem.message}")
    return problems


def _unreachable(url: str) -> str:
    """Why a database cannot be used, "" when it answers."""
    if url.startswith("sqlite:"):
        folder = Path(url.removeprefix("sqlite:///")).parent
        return "" if folder.is_dir() and os.access(folder, os.W_OK) else f"the folder {folder} cannot be written to"
    engine = migrate.owner_engine(url)
    try:
        with engine.connect():
            return ""
    except OperationalError as problem:
        return f"the database does not answer ({str(problem.orig).strip().splitlines()[0]})"
    finally:
        engine.dispose()


def _can_be_written(folder: Path) -> bool:
    """Whether the folder, or the nearest one above it that is there, can be written to."""
    there = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    return there.is_dir() and os.access(there, os.W_OK)


def read_settings() -> Settings:
    """What the environment says; raises click.ClickException with all that is wrong with it."""
    try:
        return settings.load()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None


@contextmanager
def _answered(otherwise: str) -> Iterator[None]:
    """For questions: where nobody is there to answer, say what to give instead."""
    try:
        yield
    except click.Abort:
        raise click.ClickException(f"No answer came. {otherwise}") from None


def _settings_or_trial(base_url: str, *, yes_sqlite: bool) -> Settings:
    # Others, such as PSG_PYTHON or the level of the log, say nothing about where an installation is.
    needed = [line.partition("=")[0] for line in _TRIAL.splitlines()]
    given = any(name in os.environ or f"{name}_FILE" in os.environ for name in needed)
    env_file = settings.env_file()
    if not given and not settings.has_env_file():
        question = "No setting is given. Make a trial here, with an embedded database? It is not for live records."
        with _answered("For a trial without a question: psg init --yes-sqlite"):
            if not yes_sqlite and not click.confirm(question):
                raise click.ClickException("Give the settings of README's table, then run psg init again.")
        if is_taken(base_url):
            raise click.ClickException(
                f"Something answers at {base_url} already, and nothing was made.\n"
                "Name another port, such as: psg init --base-url http://localhost:8055"
            )
        folder = Path.cwd() / "data"
        env_file.write_text(_TRIAL.format(folder=folder, base_url=base_url.rstrip("/")), encoding="utf-8")
        env_file.chmod(stat.S_IRUSR | stat.S_IWUSR)
        folder.mkdir(exist_ok=True)
        click.echo(f"Settings written to {env_file.resolve()}.")
    return read_settings()
