"""`psg setup`: make a partnership what a file says."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from psg import audit
from psg.db import DomainError, reading_done, transaction
from psg.setup.file import EXAMPLE, SetUp, read
from psg.setup.loading import Loader
from psg.setup.reading import Unreadable


def _print_example(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    """Before anything else is looked at: it wants neither a file nor an installation."""
    if wanted:
        click.echo(EXAMPLE.read_text(encoding="utf-8"), nl=False)
        ctx.exit()


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Only read the file and say what is wrong in it.")
@click.option(
    "--example", is_flag=True, is_eager=True, expose_value=False, callback=_print_example, help="Print such a file."
)
@with_appcontext
def setup(file: Path, check: bool) -> None:
    """Set a partnership up from FILE (YAML). Run again, it changes what differs.

    To begin with: psg setup --example > partnership.yaml
    """
    wanted = _read(file)
    if check:
        click.echo("The file can be used.")
        return
    try:
        with transaction():
            loader = Loader(wanted, by=audit.SYSTEM)
            changes = loader.run()
    except DomainError as problem:
        raise click.ClickException(f"{problem} Nothing was changed.") from None
    for sentence in changes:
        click.echo(f"- {sentence}")
    click.echo("Nothing was left to change." if not changes else f"{loader.partnership.name} is set up.")
    if loader.keys_missing:
        slug = wanted.partnership.slug
        click.echo(f"It has no keys yet, so no meeting was planned. Run: psg keys add-partnership {slug}")
        click.echo("Then run this command again.")
    reading_done()


def _read(file: Path) -> SetUp:
    try:
        return read(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise click.ClickException(f"{file} is not a text file in UTF-8.") from None
    except Unreadable as error:
        lines = "\n".join(f"  {problem}" for problem in error.problems)
        raise click.ClickException(f"{file} cannot be used:\n{lines}") from None
