"""`psg backup`: what a backup script says when it has succeeded."""

import click
from flask.cli import with_appcontext

from psg.oversight import backups
from psg.oversight.backups import Kind


@click.group()
def backup() -> None:
    """Note backups, so that the status page knows how old they are."""


@backup.command()
@click.argument("kind", type=click.Choice([kind.value for kind in Kind]))
@with_appcontext
def noted(kind: str) -> None:
    """Note that a backup of KIND has just been made and checked. Run it last in the backup script."""
    backups.note(Kind(kind))
    click.echo(f"Noted: backup of the {kind}.")
