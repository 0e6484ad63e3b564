"""The `psg` command."""

import importlib
from collections.abc import Mapping

import click
from flask import Flask
from flask.cli import FlaskGroup

from psg import __version__

_COMMANDS: Mapping[str, tuple[str, str]] = {
    "init": ("psg.cli.installation", "init"),
    "upgrade": ("psg.cli.installation", "upgrade"),
    "check": ("psg.cli.installation", "check"),
    "user": ("psg.cli.user", "user"),
    "setup": ("psg.cli.setup", "setup"),
    "keys": ("psg.cli.keys", "keys"),
    "audit": ("psg.cli.audit", "audit"),
    "demo": ("psg.demo.command", "demo"),
}


class _Commands(FlaskGroup):
    """Imports a command only when it is called, so that `psg --help` answers at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The commands, in the order people need them."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        """One command, imported now."""
        if name not in _COMMANDS:
            return None
        module, attribute = _COMMANDS[name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


def _create_app() -> Flask:
    from psg.app import create_app
    from psg.crypto import KeyProblem
    from psg.settings import SettingsError

    try:
        return create_app()
    except (SettingsError, KeyProblem) as problem:
        raise click.ClickException(str(problem)) from None


@click.group(
    cls=_Commands,
    create_app=_create_app,
    add_default_commands=False,
    add_version_option=False,
    load_dotenv=False,
    set_debug_flag=False,
)
@click.version_option(__version__, prog_name="psg")
def main() -> None:
    """PSG: case management for Community Safety Partnerships."""
