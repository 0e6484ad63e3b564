"""`psg demo`: the whole of PSG with invented data, on this machine only, until Ctrl-C."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from types import FrameType

import click
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.utils import import_string

from psg.crypto import KeyProblem, keymaking
from psg.db import db, migrate
from psg.demo import loading, reading, routes, serving
from psg.demo.cast import BEGIN, people
from psg.demo.folder import DemoFolder, InUse, NotOurs, usual_folder
from psg.demo.setting import PASSWORD
from psg.settings import Settings

USUAL_PORT = 8000


@click.command()
@click.option("--reset", is_flag=True, help="Throw away what was done in the demonstration and start over.")
@click.option(
    "--port", type=click.IntRange(1, 65_535), default=USUAL_PORT, show_default=True, help="Or the next free one."
)
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="Where it keeps its data: ./demo")
def demo(reset: bool, port: int, folder: Path | None) -> None:
    """Try PSG with invented data in a browser. Ctrl-C stops everything; the data is kept."""
    home = DemoFolder((folder or usual_folder()).absolute())
    try:
        free = serving.free_port(port)
        home.check()
        with home.held(f"http://localhost:{free}"):
            if free != port:  # said only by the one that starts: one that runs already has its own
                click.echo(f"Port {port} is taken, so {free} it is.")
            _prepare(home, home.settings(free), reset=reset)
            _serve(home, home.settings(free), free)
    except NotOurs as problem:
        raise click.ClickException(
            f"{problem}\nNothing in it was touched. Name another folder: psg demo --folder {home.path}-2"
        ) from None
    except InUse as problem:
        raise click.ClickException(
            f"The demonstration runs already from {home.path}: open {problem}\n"
            "Stop it there with Ctrl-C, or name another folder: psg demo --folder OTHER"
        ) from None
    except (serving.NoPort, KeyProblem) as problem:
        raise click.ClickException(str(problem)) from None
    except KeyboardInterrupt:
        raise click.ClickException("Stopped before it was loaded. The next start begins anew.") from None
    except SQLAlchemyError as problem:
        raise click.ClickException(
            f"The database could not be used ({type(problem).__name__}). Is there room on the disk of {home.path}?\n"
            "To start over with fresh data: psg demo --reset"
        ) from None
    except OSError as problem:
        raise click.ClickException(
            f"{problem.strerror or problem} ({problem.filename or home.path}).\n"
            "Is the disk full, or the folder somebody else's? Name another one: psg demo --folder OTHER"
        ) from None


def _prepare(home: DemoFolder, settings: Settings, *, reset: bool) -> None:
    """Keys, tables and content, unless they are there."""
    if home.was_interrupted:
        click.echo("The first load was interrupted, so it starts over.")
        home.clear()
    elif reset:
        home.clear()
        click.echo("The demonstration starts over.")
    if home.is_ready:
        migrate.upgrade(settings.database_owner_url)
        return
    home.begin()
    keymaking.init_root(settings)
    keymaking.init_installation(settings)
    migrate.upgrade(settings.database_owner_url)
    _load(home, settings)
    home.finish()


def _load(home: DemoFolder, settings: Settings) -> None:
    with _stoppable() as stop_if_asked:
        app = _application(home, settings)
        with app.app_context(), _Bar() as bar:

            def step_done(done: int, of: int) -> None:
                stop_if_asked()
                bar.show(done, of)

            done = loading.load(reading.content(), settings, step_done)
            _close_database()
    click.echo(f"{done.cases} cases with 18 months of history, loaded in {done.seconds:.0f} seconds.")


@contextmanager
def _stoppable() -> Iterator[Callable[[], None]]:
    """Ctrl-C and a polite kill are heard between two steps; in the middle of one they may get lost in a library."""
    asked = False

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True

    def stop_if_asked() -> None:
        if asked:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop_if_asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _close_database() -> None:
    """The web server's process begins with connections of its own."""
    db.session.remove()
    db.engine.dispose()


class _Bar:
    """A progress bar with seconds; where no terminal shows it, a line now and then."""

    def __enter__(self) -> "_Bar":
        self._began = time.monotonic()
        self._told = 0
        click.echo("Loading 18 months of invented history. This takes about a minute, the first time only.")
        return self

    def __exit__(self, *_: object) -> None:
        if sys.stdout.isatty():
            click.echo("\r\033[K", nl=False)

    def show(self, done: int, of: int) -> None:
        """So much is done."""
        seconds = int(time.monotonic() - self._began)
        percent = 100 * done // of
        if sys.stdout.isatty():
            filled = "#" * (30 * done // of)
            click.echo(f"\rLoading the demonstration  [{filled:<30}] {percent:3} %  {seconds} s", nl=False)
        elif percent >= self._told + 20:
            self._told = percent
            click.echo(f"Loading the demonstration: {percent} %, {seconds} s")


def _application(home: DemoFolder, settings: Settings) -> Flask:
    """The application, its log going to the folder instead of the terminal."""
    create_app: Callable[..., Flask] = import_string("psg.app:create_app")  # stands above this package
    log = home.log.open("a", encoding="utf-8", buffering=1)
    with redirect_stderr(log):  # a log handler keeps the stream it finds
        return create_app(settings, more=(routes.bp,))


def _serve(home: DemoFolder, settings: Settings, port: int) -> None:
    """Until Ctrl-C or a polite kill; both end web server, worker and scheduler."""
    for name in [name for name in os.environ if name.startswith("GUNICORN_")]:
        del os.environ[name]
    server = serving.Server(lambda: _application(home, settings), port, home.log, ready=lambda: _tell(home, settings))
    this = os.getpid()
    try:
        server.run()
    except SystemExit as end:
        if os.getpid() != this:  # the web server's worker, a fork of this process, hears Ctrl-C as well
            raise
        if end.code:
            raise click.ClickException(
                f"The web server stopped. What it had to say stands at the end of {home.log}\n"
                "To start over with fresh data: psg demo --reset"
            ) from None
    click.echo("\nStopped. Run the same command to go on; --reset starts over.")


def _tell(home: DemoFolder, settings: Settings) -> None:
    rows = people()
    width = max(len(row["email"]) for row in rows)
    lines = [f"  {row['email']:<{width}}  {row['try_for']}" for row in rows]
    click.echo(
        "\n".join(
            [
                "",
                f"PSG runs at  {settings.base_url}",
                "",
                "Sign in as one of these invented people.",
                f'Password: "{PASSWORD}" for all of them, without the quotation marks.',
                "",
                *BEGIN,
                "",
                *lines,
                "",
                f"Every e-mail it sends:  {settings.base_url}/demo/mail",
                f"and as files in:        {home.mail}",
                f"Log:                    {home.log}",
                "",
                "Only this machine can reach it. Ctrl-C stops it; the data is kept.",
            ]
        )
    )
