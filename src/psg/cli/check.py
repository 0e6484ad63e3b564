"""`psg check`: the checks of the status page from a terminal, with a try whether the mail server is there."""

import sys
from collections.abc import Sequence

import click
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from psg.app import create_app
from psg.cli.installation import read_settings
from psg.crypto import KeyProblem
from psg.crypto.checking import check as check_keys
from psg.db import db, reading_done
from psg.oversight import checks
from psg.oversight.checks import Finding, Word
from psg.reminders.mailing import NotSent, SmtpPost, UnusableMailUrl, read_smtp_url
from psg.settings import Settings

_PATIENCE = 3


@click.command()
@click.option(
    "--stopped",
    is_flag=True,
    help="PSG is stopped on purpose (an upgrade, a restore drill): look at database, keys and disk only.",
)
def check(stopped: bool) -> None:
    """Look the installation over; ends with 1 when something has failed, with 0 otherwise."""
    values = read_settings()
    failed = check_keys(values)
    found: list[Finding] = []
    try:
        app = create_app(values)
    except KeyProblem as problem:
        failed = failed or problem.problems
    else:
        with app.app_context():
            found = _asked(values, stopped=stopped)
            failed += _rights(found)
            reading_done()
    if not stopped:
        found.append(mail_server(values.mail_url))
    failed += [_line(finding) for finding in found if finding.word is Word.RED]
    watch = [_line(finding) for finding in found if finding.word is Word.WATCH]
    _say("Failed:", failed)
    _say("To look at:", watch)
    if {finding.name for finding in found if finding.never and finding.word is Word.RED} >= {"Scheduler", "Worker"}:
        click.echo("Nothing of PSG has run here yet. Right after psg init that is as it should be: start it now.")
    if failed:
        sys.exit(1)
    click.echo("Nothing has failed." if watch else "All is well.")


def mail_server(url: str) -> Finding:
    """Can messages be handed over from here? Connects, signs in where there is a password, and sends nothing."""
    if url.startswith("folder:"):
        return Finding("Mail server", Word.OK, "Messages go into a folder")
    try:
        with SmtpPost(read_smtp_url(url), _PATIENCE) as post:
            post.connect()
    except UnusableMailUrl as problem:
        return Finding("Mail server", Word.RED, str(problem))
    except NotSent as problem:
        do = "Start it, or correct PSG_MAIL_URL and start the worker anew."
        return Finding("Mail server", Word.RED, f"Cannot be reached from here ({problem.answer})", do=do)
    return Finding("Mail server", Word.OK, "Answers")


def _asked(values: Settings, *, stopped: bool) -> list[Finding]:
    """What the status page would say, without what follows from something else that is said."""
    wanted: Sequence[checks.Check] = checks.AT_REST if stopped else checks.EVERYTHING
    if values.embedded:  # only the web process itself knows; from outside, the signs of life tell
        wanted = [one for one in wanted if one is not checks.broker]
    if checks.database().word is Word.RED:
        wanted = [one for one in wanted if one in checks.WITHOUT_DATABASE]
    found = checks.findings(wanted)
    if any(finding.name == "Migrations" and finding.word is Word.RED for finding in found):
        found = [finding for finding in found if finding.asked]
    return found


def _rights(found: Sequence[Finding]) -> list[str]:
    """May the application's own role change the audit?"""
    if db.engine.dialect.name != "postgresql" or not any(
        finding.name == "Migrations" and finding.word is Word.OK for finding in found
    ):
        return []
    try:
        may = db.session.scalar(text("select has_table_privilege(current_user, 'audit_events', 'update')"))
    except SQLAlchemyError as error:
        return [f"The rights of the application's database role cannot be asked ({type(error).__name__})"]
    advice = (
        "The application's database role may change audit rows. Give PSG_DATABASE_URL its own role "
        "and PSG_DATABASE_OWNER_URL the owner's, then run: psg upgrade"
    )
    return [advice] if may else []


def _line(finding: Finding) -> str:
    return f"{finding.name}: {finding.says}. {finding.do}".strip()


def _say(heading: str, lines: Sequence[str]) -> None:
    if lines:
        click.echo("\n".join([heading, *(f"- {line}" for line in lines)]))
