"""Everything that shows whether PSG works: `./psg test`.

Finds, installs or starts PostgreSQL, Redis, a browser and poppler, makes roles and a name of its own for this run, then
runs the linters, the type checker, the rules of imports and all tests, and ends with a table. Two runs at once do not
meet.
"""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import psycopg
from psycopg import sql

from tools.services import Missing, Services, as_role, say

CHECKOUT = Path(__file__).resolve().parent.parent
MOST_WORKERS = 8  # each has databases of its own; more of them cost more than they save
NOT_RUN = 2  # exit code where the tests could not begin
# How much is tested and measured; of everything else that begins with PSG_ the tests hear nothing.
FOR_TESTS = ("PSG_REQUIRE_ALL", "PSG_MATRIX", "PSG_BENCH_CASES", "PSG_BENCH_OBLIGATIONS")

CHECKS: dict[str, list[list[str]]] = {
    "lint": [["ruff", "check", "."], ["ruff", "format", "--check", "."]],
    "types": [["mypy"]],
    "imports": [["lint-imports", "--no-cache"]],
    # Macros are laid out by hand: the white space they give is part of what they say.
    "templates": [
        ["djlint", "templates", "--lint", "--quiet"],
    ],
}


@dataclass
class Part:
    """One line of the closing table."""

    name: str
    result: str
    seconds: float
    failed: bool


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked for; 0 when everything passed, 1 when something failed, 2 when it could not begin."""
    wanted, for_pytest = _parser().parse_known_args(arguments)
    os.chdir(CHECKOUT)
    # Its parallel processes would only say, after a while, that they ran nothing.
    if unknown := [name for name in for_pytest if name.startswith("tests") and not Path(name.split("::")[0]).exists()]:
        print(f"psg test: there is no {', no '.join(unknown)}", file=sys.stderr)
        return NOT_RUN
    signal.signal(signal.SIGTERM, _end_tidily)
    names = _part_names(wanted, for_pytest)
    parts = [_check(name) for name in names if name != "tests"]
    if "tests" in names:
        try:
            parts.append(_tests(wanted, for_pytest))
        except Missing as missing:
            print(f"\npsg test: the tests cannot run.\n{missing}", file=sys.stderr, flush=True)
            _print_table([*parts, Part("tests", "could not begin", 0, failed=True)])
            return NOT_RUN
    _print_table(parts)
    return 1 if any(part.failed for part in parts) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./psg test",
        description="Run every check and test. Paths, -k and other options of pytest run only the tests they name.",
        allow_abbrev=False,
    )
    parser.add_argument("--quick", action="store_true", help="leave out the journeys in a browser")
    parser.add_argument(
        "--only", action="append", choices=[*CHECKS, "tests"], metavar="PART", help=f"{', '.join(CHECKS)} or tests"
    )
    return parser


def _part_names(wanted: argparse.Namespace, for_pytest: list[str]) -> list[str]:
    if wanted.only:
        return [name for name in (*CHECKS, "tests") if name in wanted.only]
    return ["tests"] if for_pytest else [*CHECKS, "tests"]


def _end_tidily(_number: int, _frame: FrameType | None) -> None:
    # Otherwise a terminated run would leave its servers and databases behind.
    raise SystemExit(128 + signal.SIGTERM)


# ---------------------------------------------------------------------------------------------- checks


def _check(name: str) -> Part:
    began = time.monotonic()
    print(f"\n== {name}", flush=True)
    failed = False
    for command in CHECKS[name]:
        say(" ".join(command))
        program = Path(sys.executable).parent / command[0]
        done = subprocess.run([program, *command[1:]], stdin=subprocess.DEVNULL, check=False)
        failed = failed or done.returncode != 0
    return Part(name, "failed" if failed else "passed", time.monotonic() - began, failed)


# ---------------------------------------------------------------------------------------------- tests


def _tests(wanted: argparse.Namespace, for_pytest: list[str]) -> Part:
    began = time.monotonic()
    print("\n== tests", flush=True)
    services = Services()
    try:
        environment = _environment()
        environment["TMPDIR"] = str(services.files)
        environment["PSG_TEST_REDIS"] = services.redis()
        services.pdf_readers()
        if not wanted.quick:
            environment["PSG_TEST_CHROMIUM"] = services.browser()
        with _names_of_this_run(services.postgres()) as names:
            code = _pytest(wanted, for_pytest, {**environment, **names})
    finally:
        services.stop()
    result = "passed" if code == 0 else f"failed (pytest ended with {code})"
    return Part("tests", result, time.monotonic() - began, failed=code != 0)


def _environment() -> dict[str, str]:
    """The caller's environment without PSG's own settings: tests must never meet a database in use."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PSG_") or name in FOR_TESTS}
    real_data = Path(os.environ.get("PSG_REAL_DATA", CHECKOUT.parent / "shared" / "data")).resolve()
    if real_data.is_dir():
        say(f"Real data: {real_data}")
        kept["PSG_REAL_DATA"] = str(real_data)
    elif os.environ.get("PSG_REQUIRE_ALL"):
        raise Missing("The folder of the published case timelines is required: name it in PSG_REAL_DATA.")
    else:
        say("Real data: not here (PSG_REAL_DATA names its folder), so the tests marked real_data are left out")
    return kept


def _pytest(wanted: argparse.Namespace, for_pytest: list[str], environment: dict[str, str]) -> int:
    workers = min(max(2, os.cpu_count() or 2), MOST_WORKERS)
    command = [sys.executable, "-m", "pytest", "-n", str(workers), "--no-loadscope-reorder"]
    if wanted.quick:
        command += ["-m", "not journey"]
    command += for_pytest
    say(" ".join(command[1:]))
    return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False).returncode


@contextmanager
def _names_of_this_run(address: str) -> Iterator[dict[str, str]]:
    """Two roles for this run; at the end they go, and with them every database whose name begins with this run's."""
    run = f"{os.getpid()}_{secrets.token_hex(3)}"
    prefix = f"psg_test_{run}_"
    owner, app = f"psg_test_owner_{run}", f"psg_test_app_{run}"
    passwords = {owner: secrets.token_urlsafe(18), app: secrets.token_urlsafe(18)}
    with psycopg.connect(address, autocommit=True) as connection:
        for role, password in passwords.items():
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), sql.Literal(password))
            )
    say(f"Databases of this run: {prefix}*, roles {owner} and {app}")
    try:
        yield {
            "PSG_TEST_POSTGRES": address,
            "PSG_TEST_POSTGRES_OWNER": as_role(address, owner, passwords[owner]),
            "PSG_TEST_POSTGRES_APP": as_role(address, app, passwords[app]),
            "PSG_TEST_DATABASE_PREFIX": prefix,
        }
    finally:
        _drop(address, prefix, [owner, app])


def _drop(address: str, prefix: str, roles: list[str]) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        found = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", (prefix,))
        for (database,) in found.fetchall():
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))
        for role in roles:
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


# ---------------------------------------------------------------------------------------------- the table


def _print_table(parts: list[Part]) -> None:
    print("\npart        seconds  result")
    for part in parts:
        print(f"{part.name:<10} {part.seconds:>8.1f}  {part.result}")
    total = sum(part.seconds for part in parts)
    failed = [part.name for part in parts if part.failed]
    print(f"{'all':<10} {total:>8.1f}  {'failed: ' + ', '.join(failed) if failed else 'passed'}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
