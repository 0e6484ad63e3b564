"""`psg keys`: make, look over, replace and destroy keys. No command prints a key."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar
from uuid import UUID

import click
from flask.cli import ScriptInfo, with_appcontext
from sqlalchemy import select

from psg import audit, settings
from psg.audit import Event
from psg.cases.models import Case
from psg.cases.operations import erase_case
from psg.cases.rules import CaseState
from psg.crypto import KeyProblem, Unopenable, datakeys, keymaking, keyremoving, keyring, rewrapping
from psg.crypto.checking import check as check_files
from psg.crypto.checking import describe
from psg.crypto.keyfiles import root_path
from psg.crypto.keyremoving import StillNeeded
from psg.db import db, reading_done, transaction
from psg.ids import normalise_reference
from psg.partnerships.models import Partnership

_REASON = re.compile(r"[A-Za-z0-9 .,:/()-]{1,120}")
P = ParamSpec("P")
R = TypeVar("R")


def _plainly(command: Callable[P, R]) -> Callable[P, R]:
    """Say what is wrong with keys or settings in a sentence instead of a traceback."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (KeyProblem, settings.SettingsError) as problem:
            raise click.ClickException(str(problem)) from None
        except Unopenable as problem:
            raise click.ClickException(f"{problem}. Nothing more was changed.") from None

    return run


@click.group()
def keys() -> None:
    """Make, check, replace and destroy keys."""


@keys.command()
@_plainly
def init() -> None:
    """Make the key folder, the root key and the installation's keys."""
    places = settings.load()
    root = keymaking.init_root(places)
    keymaking.init_installation(places)
    click.echo(f"The keys are in {places.keys}; the root key ({root.key_id.hex()}) is {root_path(places)}.")
    click.echo("Before any record is made, copy the root key to a safe place that two officers can reach, and put the")
    click.echo("key folder on a backup of its own, away from the database's. Without both nothing can be read again.")


@keys.command()
@_plainly
def status() -> None:
    """List the keys in force by kind, epoch, id and date."""
    for key in describe(settings.load()):
        owner = f" of partnership {key.name.partnership_id}, epoch {key.name.epoch}" if key.name.partnership_id else ""
        click.echo(f"{key.key_id.hex()}  {key.name.kind} key{owner}, made {key.created}")


@keys.command()
@click.pass_context
@_plainly
def check(context: click.Context) -> None:
    """Open every key file, and one data key for each key of each partnership; exit code 1 when anything is wrong."""
    problems = check_files(settings.load())
    if not problems:
        with _application(context):
            problems = _check_records()
            audit.security(Event.KEYS_CHECKED, user_id=None, why="found problems" if problems else "")
    for problem in problems:
        click.echo(problem)
    if problems:
        sys.exit(1)
    click.echo("Every key opens, and opens the records it should.")


@keys.command("add-partnership")
@click.argument("partnership")
@click.pass_context
@_plainly
def add(context: click.Context, partnership: str) -> None:
    """Make the keys of a new partnership, named by its id or its short name."""
    places = settings.load()
    made = keymaking.add_partnership(places, _named(context, partnership))
    for key in made:
        click.echo(f"Made the {key.name.kind} key {key.key_id.hex()} of partnership {key.name.partnership_id}.")
    if not made:
        click.echo("This partnership has its keys already; nothing was changed.")


@keys.group()
def rotate() -> None:
    """Replace a key by a new one."""


@rotate.command("root")
@with_appcontext
@_plainly
def rotate_root() -> None:
    """Replace the root key. Stopped in the middle, run it again."""
    done = keymaking.rotate_root(settings.current())
    audit.security(Event.KEYS_ROTATED, user_id=None, why=f"root key {done.old_id.hex()} to {done.new_id.hex()}")
    click.echo(f"{done.rewrapped} keys are now wrapped by the new root key {done.new_id.hex()}.")
    click.echo("Copy the new root key to its safe place today. Keep the old copy for as long as a backup of the key")
    click.echo("folder from before today is kept, and destroy both together.")


@rotate.command("partnership")
@click.argument("partnership")
@click.pass_context
@with_appcontext
@_plainly
def rotate_partnership(context: click.Context, partnership: str) -> None:
    """Replace a partnership's key and wrap its data keys by the new one. Stopped in the middle, run it again."""
    partnership_id = _named(context, partnership)
    waiting = rewrapping.waiting(partnership_id)
    if waiting:
        click.echo(f"Carrying on: {waiting:,} data keys are not yet wrapped by the newest key.")
    else:
        key = keymaking.rotate_partnership(settings.current(), partnership_id)
        why = f"partnership key, epoch {key.name.epoch}"
        audit.security(Event.KEYS_ROTATED, user_id=None, partnership_id=partnership_id, why=why)
        waiting = rewrapping.waiting(partnership_id)
    with click.progressbar(length=waiting, label="Wrapping data keys") as bar:
        done = rewrapping.rewrap(partnership_id, progress=bar.update)
    newest = keyring().partnership(partnership_id)
    click.echo(f"{done:,} data keys are now wrapped by epoch {newest.epoch}.")
    click.echo("Keep the older epochs' files until the last database backup from before today has aged out; then run:")
    click.echo(f"psg keys remove {partnership} {newest.epoch - 1}")


@keys.command()
@click.argument("partnership")
@click.argument("epoch", type=click.IntRange(min=1))
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
@with_appcontext
@_plainly
def remove(context: click.Context, partnership: str, epoch: int, *, yes: bool) -> None:
    """Remove the key file of a partnership's retired EPOCH, if nothing in the database is wrapped by it any more."""
    partnership_id, places = _named(context, partnership), settings.current()
    why = f"partnership key, epoch {epoch}"

    def record() -> None:
        audit.security(Event.KEYS_REMOVED, user_id=None, partnership_id=partnership_id, why=why)

    try:
        file = keyremoving.retired(places, partnership_id, epoch)
        keyremoving.refuse_if_needed(partnership_id, file)
        click.echo(f"Nothing in this database hangs on the key {file.key_id.hex()} of epoch {epoch}.")
        click.echo("A database backup made before that epoch was replaced cannot be read again without its key file.")
        if not yes and not click.confirm(f"Remove {file.path.name} for good?"):
            raise click.ClickException("Nothing was removed.")
        keyremoving.remove(places, partnership_id, epoch, record=record)
    except StillNeeded as needed:
        for line in _what_hangs(partnership_id, needed):
            click.echo(line)
        raise click.ClickException(f"{needed} First run: psg keys rotate partnership {partnership}") from None
    click.echo(f"Removed {file.path.name}. Remove its copies when the last backup that needs it is gone.")


@keys.command()
@click.argument("reference")
@with_appcontext
@_plainly
def shred(reference: str) -> None:
    """Destroy the data key of one case: nothing typed about it can be read again, by anyone."""
    case = _case_to_erase(reference)
    click.echo(f"Everything typed about case {case.reference} will become unreadable. This cannot be undone.")
    click.echo("Database backups still hold its key until the last of them has aged out.")
    why = click.prompt("Why (a rule or a decision's number, no names)", value_proc=_reason)
    typed = click.prompt("Type the reference of the case to erase it")
    if normalise_reference(typed) != case.reference:
        raise click.ClickException("That is not its reference. Nothing was changed.")
    with transaction(hold=(case,)):
        erase_case(case, by=audit.SYSTEM, why=why)
    click.echo(f"Case {case.reference} is erased.")


def _case_to_erase(reference: str) -> Case:
    wanted = select(Case).where(Case.reference == normalise_reference(reference), Case.state != CaseState.ERASED)
    case: Case | None = db.session.scalar(wanted)
    reading_done()
    if case is None:
        raise click.ClickException("There is no such case, or it is erased already.")
    return case


def _what_hangs(partnership_id: UUID, needed: StillNeeded) -> list[str]:
    """The records by name: a case by its reference, anything else by its id."""
    cases = [record.id for record in needed.records if record.kind == datakeys.CASE]
    references: dict[UUID, str] = {}
    if cases:
        named = select(Case.id, Case.reference).where(Case.partnership_id == partnership_id, Case.id.in_(cases))
        references = {row.id: row.reference for row in db.session.execute(named)}
        reading_done()
    lines = [f"- {record.kind} {references.get(record.id, record.id)}" for record in needed.records]
    more = needed.count - len(lines)
    return [*lines, f"- and {more:,} more"] if more else lines


def _reason(typed: str) -> str:
    """The audit keeps codes and numbers, never free text, so that no name can slip into it."""
    if not _REASON.fullmatch(typed):
        raise click.BadParameter("use up to 120 letters, digits, spaces and . , : / ( ) -")
    return typed


def _check_records() -> list[str]:
    """Whether key folder and database belong together."""
    ring = keyring()
    problems = []
    partnerships = db.session.execute(select(Partnership.id, Partnership.slug).order_by(Partnership.slug)).all()
    reading_done()
    for partnership_id, slug in partnerships:
        if not ring.has_partnership(partnership_id):
            problems.append(f"{slug} has no keys. For a new partnership run: psg keys add-partnership {slug}")
            continue
        try:
            rewrapping.open_one_of_each(partnership_id)
            waiting = rewrapping.waiting(partnership_id)
        except (KeyProblem, Unopenable) as problem:
            problems.append(f"{slug}: {problem}")
            continue
        if waiting:
            problems.append(
                f"{slug}: {waiting:,} data keys hang on an older key. Finish with: psg keys rotate partnership {slug}"
            )
    return problems


def _named(context: click.Context, partnership: str) -> UUID:
    """The id of a partnership given by id or by its short name."""
    try:
        return UUID(partnership)
    except ValueError:
        with _application(context):
            found = db.session.scalar(select(Partnership.id).where(Partnership.slug == partnership))
            reading_done()
    if found is None:
        raise click.ClickException(f"There is no partnership called {partnership}.")
    return found


@contextmanager
def _application(context: click.Context) -> Iterator[None]:
    with context.ensure_object(ScriptInfo).load_app().app_context():
        yield
