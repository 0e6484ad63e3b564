"""`psg audit`: check that nothing was altered behind the application, and seal what was recorded."""

import sys

import click
from flask.cli import with_appcontext

from psg.audit.checks.report import Progress
from psg.audit.seal import seal_all
from psg.audit.verify import verify as run_check

_EVERY = 20_000


@click.group()
def audit() -> None:
    """Check and seal the audit trail."""


@audit.command()
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@with_appcontext
def verify(as_json: bool) -> None:
    """Check every event, seal and record; exit code 1 when anything was altered."""
    report = run_check(progress=None if as_json or not sys.stderr.isatty() else _show_progress())
    if as_json:
        click.echo(report.json())
    else:
        for sentence in report.sentences():
            click.echo(sentence)
    if not report.ok:
        sys.exit(1)


@audit.command()
@with_appcontext
def seal() -> None:
    """Seal everything recorded so far; the scheduler does this every five minutes."""
    click.echo(f"{seal_all(everything=True):,} events were sealed.")


def _show_progress() -> Progress:
    shown: dict[str, int] = {}

    def show(part: str, done: int) -> None:
        if done - shown.get(part, -_EVERY) >= _EVERY:
            shown[part] = done
            click.echo(f"\r{part.replace('_', ' ')}: {done:,}\033[K", nl=False, err=True)

    return show
