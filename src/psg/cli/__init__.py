"""The `psg` command."""

import gc
import importlib
import logging
import sys
from collections.abc import Mapping
from typing import Any

import click
from flask import Flask
from flask.cli import ScriptInfo

from psg import __version__

_COMMANDS: Mapping[str, tuple[str, str]] = {
    "init": ("psg.cli.installation", "init"),
    "upgrade": ("psg.cli.installation", "upgrade"),
    "check": ("psg.cli.check", "check"),
    "user": ("psg.cli.user", "user"),
    "setup": ("psg.cli.setup", "setup"),
    "keys": ("psg.cli.keys", "keys"),
    "backup": ("psg.cli.backup", "backup"),
    "audit": ("psg.cli.audit", "audit"),
    "demo": ("psg.demo.command", "demo"),
}


class _Commands(click.Group):
    """Imports a command only when it is called, so that `psg --help` answers at once.

    Not Flask's own group: that would bring its server, its shell and its debug switch along.
    """

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Commands find the application in the context, where Flask's decorators look for it."""
        if sys.stderr.isatty() and args[:1] != ["demo"]:  # the demonstration's log goes into a file
            logging.disable(logging.INFO)  # at a terminal a command's own words are enough
        extra.setdefault("obj", ScriptInfo(create_app=_create_app, set_debug_flag=False, load_dotenv_defaults=False))
        return super().make_context(info_name, args, parent, **extra)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The commands, in the order people need them."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        """One command, imported now."""
        if name not in _COMMANDS:
            return None
        module, attribute = _COMMANDS[name]
        gc.disable()  # what an import makes stays: looking through it meanwhile is a fifth of the time it takes
        try:
            command: click.Command = getattr(importlib.import_module(module), attribute)
        finally:
            gc.freeze()
            gc.enable()
        return command


def _create_app() -> Flask:
    from psg.app import create_app
    from psg.crypto import KeyProblem
    from psg.settings import SettingsError

    try:
        return create_app()
    except (SettingsError, KeyProblem) as problem:
        raise click.ClickException(str(problem)) from None


@click.group(cls=_Commands)
@click.version_option(__version__, prog_name="psg")
def main() -> None:
    """PSG: case management for Community Safety Partnerships."""
