"""PostgreSQL, Redis, a browser and a reader of PDFs for the tests: found, installed, or started for this run alone.

`Services` hands out addresses. What it starts itself runs as an unprivileged user in a temporary folder on free ports,
so that two runs on one machine do not meet; `stop()` ends and removes all of it.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import redis
from psycopg import sql
from sqlalchemy.engine import make_url

from tools.folders import RunFolder

APT_PACKAGES = ("postgresql", "redis-server", "poppler-utils")
APT_BROWSER = "chromium"  # by itself: Ubuntu has no such package, and the servers must not fail with it
OWN_BROWSERS = Path(__file__).resolve().parent.parent / ".tools" / "browsers"
"""Where Playwright puts its Chromium, on machines whose packages have none."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "/usr/bin/chromium")
PDF_READERS = ("pdftotext", "pdfinfo")
START_SECONDS = 30


class Missing(Exception):
    """Something the tests need is not here and could not be had; the message names the command to run."""


def say(text: str) -> None:
    """A line of progress, at once even where output goes into a file."""
    print(f"  {text}", flush=True)


class Services:
    """What one run of the tests found or started."""

    def __init__(self) -> None:
        self._own = RunFolder()
        self.folder = self._own.path
        self.files = self.folder / "files"
        """Where the tests may keep their files; gone with the rest."""
        self.files.mkdir(mode=0o700)
        self._processes: list[subprocess.Popen[bytes]] = []
        self._tried: list[tuple[str, ...]] = []

    # ------------------------------------------------------------------ PostgreSQL

    def postgres(self) -> str:
        """An address at which databases and roles can be created."""
        named = os.environ.get("PSG_TEST_POSTGRES")
        if named:
            problem = _postgres_problem(named)
            if problem:
                raise Missing(f"PSG_TEST_POSTGRES does not serve: {problem}")
            say("PostgreSQL: the one named by PSG_TEST_POSTGRES")
            return named
        # One of our own is faster than one that is there: it need not keep anything, and nobody else uses it.
        programs = _postgres_programs()
        if programs is None:
            for address in ("postgresql://postgres@127.0.0.1:5432/postgres", "postgresql:///postgres"):
                if _postgres_problem(address) is None and _lets_roles_in(address):
                    say(f"PostgreSQL: {address}")
                    return address
            self._install("PostgreSQL", *APT_PACKAGES)
            programs = _postgres_programs()
        if programs is None:
            raise Missing(_what_to_run("PostgreSQL 15 or newer"))
        return self._start_postgres(programs)

    def _start_postgres(self, programs: Path) -> str:
        folder, user = self._own_folder("postgres")
        password = secrets.token_urlsafe(18)
        password_file = folder / "password"
        password_file.write_text(password)
        _give(password_file, user)
        data = folder / "data"
        options = ("-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        made = subprocess.run(
            [programs / "initdb", "-D", data, *options, f"--pwfile={password_file}"],
            cwd=folder,
            user=user,
            group=_group(user),
            extra_groups=[] if user is not None else None,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise Missing(f"initdb failed: {made.stderr.strip()[-400:]}")
        password_file.unlink()
        port = free_port()
        # Nothing of this outlives the run, so nothing waits for the disk.
        fast = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", f"unix_socket_directories={folder}")
        told = [part for setting in (*fast, "listen_addresses=127.0.0.1") for part in ("-c", setting)]
        self._start([programs / "postgres", "-D", data, "-p", str(port), *told], folder, user)
        address = f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
        _wait("PostgreSQL", folder, lambda: _postgres_problem(address) is None)
        say(f"PostgreSQL: started one for this run on port {port}")
        return address

    # ------------------------------------------------------------------ Redis

    def redis(self) -> str:
        """An address of a Redis that no other run uses."""
        named = os.environ.get("PSG_TEST_REDIS")
        if named:
            problem = _redis_problem(named)
            if problem:
                raise Missing(f"PSG_TEST_REDIS does not serve: {problem}")
            say("Redis: the one named by PSG_TEST_REDIS")
            return named
        program = _redis_program()
        if program is None:
            self._install("Redis", *APT_PACKAGES)
            program = _redis_program()
        if program is None:
            raise Missing(_what_to_run("Redis"))
        folder, user = self._own_folder("redis")
        port = free_port()
        options = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
        self._start([program, "--port", str(port), *options], folder, user)
        address = f"redis://127.0.0.1:{port}/0"
        _wait("Redis", folder, lambda: _redis_problem(address) is None)
        say(f"Redis: started one for this run on port {port}")
        return address

    # ------------------------------------------------------------------ browser

    def browser(self) -> str:
        """The path of a Chromium or Chrome."""
        path = _browser_path()
        if path is None and not os.environ.get("PSG_TEST_CHROMIUM"):
            self._install_browser()
            path = _browser_path()
        if path is None:
            raise Missing(_how_to_get_a_browser())
        say(f"Browser: {path}")
        return path

    # ------------------------------------------------------------------ PDFs

    def pdf_readers(self) -> None:
        """See that PDFs can be read; raises Missing where they cannot."""
        if not _has_pdf_readers():
            self._install("poppler", *APT_PACKAGES)
        if not _has_pdf_readers():
            raise Missing(_what_to_run("poppler (pdftotext and pdfinfo)"))
        say("PDFs: read by poppler")

    # ------------------------------------------------------------------ common

    def stop(self) -> None:
        """End what was started here and remove its files."""
        for process in reversed(self._processes):
            process.terminate()
        for process in reversed(self._processes):
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes.clear()
        self._own.remove()

    def _install(self, wanted: str, *packages: str) -> None:
        """Install by apt, once, where this is root on a Debian or Ubuntu machine."""
        if packages in self._tried or not _may_install():
            return
        self._tried.append(packages)
        say(f"{wanted} is not here: installing {', '.join(packages)} by apt-get ...")
        # A machine that has just been started may be busy with its own upgrades.
        for command in (
            ["apt-get", "update", "-q"],
            ["apt-get", "install", "-q", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", *packages],
        ):
            if said := _problem_of(command, DEBIAN_FRONTEND="noninteractive"):
                raise Missing(f"{' '.join(command)} failed:\n{said}\n\n{_what_to_run(wanted)}")

    def _install_browser(self) -> None:
        """Chromium by apt, and where apt has none by Playwright into this folder."""
        if not _may_install():
            return
        try:
            self._install("Chromium", APT_BROWSER)
        except Missing:
            say("apt-get has no Chromium: installing the one of Playwright into .tools ...")
            command = [sys.executable, "-m", "playwright", "install", "--with-deps", "chromium"]
            if said := _problem_of(command, PLAYWRIGHT_BROWSERS_PATH=str(OWN_BROWSERS)):
                raise Missing(f"{' '.join(command[1:])} failed:\n{said}\n\n{_how_to_get_a_browser()}") from None

    def _own_folder(self, name: str) -> tuple[Path, int | None]:
        """A folder for one server and the user it runs as (None: the current one)."""
        folder = self.folder / name
        folder.mkdir(mode=0o700)
        user = _unprivileged()
        _give(folder, user)
        return folder, user

    def _start(self, command: list[str | Path], folder: Path, user: int | None) -> None:
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=folder,
                user=user,
                group=_group(user),
                extra_groups=[] if user is not None else None,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C in the terminal is for the tests; the servers go afterwards.
                start_new_session=True,
            )
        self._processes.append(process)


def free_port() -> int:
    """A TCP port of the loopback address that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _unprivileged() -> int | None:
    """PostgreSQL refuses to run as root, and nothing that tests start should."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    raise Missing("neither the user postgres nor the user nobody exists here: run the tests as an ordinary user")


def _group(user: int | None) -> int | None:
    return None if user is None else pwd.getpwuid(user).pw_gid


def _give(path: Path, user: int | None) -> None:
    if user is not None:
        os.chown(path, user, -1)


def _wait(name: str, folder: Path, ready: Callable[[], bool]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if ready():
            return
        time.sleep(0.1)
    log = (folder / "log").read_text(errors="replace").strip()[-800:]
    raise Missing(f"{name} did not start within {START_SECONDS} seconds:\n{log}")


def _postgres_problem(address: str) -> str | None:
    """Why this server cannot be used; None where it can."""
    try:
        with psycopg.connect(address, connect_timeout=3) as connection:
            row = connection.execute(
                "SELECT rolsuper OR (rolcreatedb AND rolcreaterole) FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
            version = connection.info.server_version
    except psycopg.Error as error:
        return str(error).strip()
    if not row or not row[0]:
        return "this role may not create databases and roles"
    return None if version >= 150000 else f"version {version // 10000} is too old, 15 or newer is needed"


def as_role(address: str, role: str, password: str) -> str:
    """The same server and database for another role."""
    return make_url(address).set(username=role, password=password).render_as_string(hide_password=False)


def _lets_roles_in(address: str) -> bool:
    """Whether a role made here can sign in by password at the same address (a peer-only socket refuses)."""
    role, password = f"psg_test_probe_{secrets.token_hex(4)}", secrets.token_urlsafe(18)
    name = sql.Identifier(role)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(name, sql.Literal(password)))
        try:
            with psycopg.connect(as_role(address, role, password), connect_timeout=3):
                return True
        except psycopg.OperationalError:
            return False
        finally:
            connection.execute(sql.SQL("DROP ROLE {}").format(name))


def _postgres_programs() -> Path | None:
    """The folder of the newest initdb that is new enough."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    on_path = shutil.which("initdb")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    return None


def _version(folder: Path) -> float:
    try:
        return float(folder.parent.name)
    except ValueError:
        return 0.0


def _redis_program() -> str | None:
    return shutil.which("redis-server") or shutil.which("valkey-server")


def _redis_problem(address: str) -> str | None:
    try:
        with redis.Redis.from_url(address, socket_connect_timeout=3) as client:
            client.ping()
    except (redis.RedisError, OSError, ValueError) as error:
        return str(error)
    return None


def _browser_path() -> str | None:
    named = os.environ.get("PSG_TEST_CHROMIUM")
    for name in (named,) if named else (*BROWSERS, *map(str, sorted(OWN_BROWSERS.glob("chromium-*/*/chrome")))):
        path = shutil.which(name)
        if path:
            return path
    return None


def _has_pdf_readers() -> bool:
    return all(shutil.which(program) for program in PDF_READERS)


def _may_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _problem_of(command: list[str], **environment: str) -> str:
    """Run a command that installs something; the end of what it said where it failed, else nothing."""
    done = subprocess.run(
        command,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return (done.stdout + done.stderr).strip()[-1500:] or "no reason was given" if done.returncode else ""


def _what_to_run(wanted: str) -> str:
    return (
        f"{wanted} is needed and not installed here. Run:\n\n"
        f"    sudo apt-get update && sudo apt-get install -y {' '.join(APT_PACKAGES)}\n\n"
        "and then this command again. Servers that run elsewhere are named by PSG_TEST_POSTGRES (an address of a role\n"
        "that may create databases) and PSG_TEST_REDIS."
    )


def _how_to_get_a_browser() -> str:
    return (
        "Chromium or Google Chrome is needed and not installed here. Run:\n\n"
        f"    sudo apt-get update && sudo apt-get install -y {APT_BROWSER}\n\n"
        "or, on Ubuntu and wherever there is no such package:\n\n"
        f"    sudo PLAYWRIGHT_BROWSERS_PATH={OWN_BROWSERS} \\\n"
        f"      {sys.executable} -m playwright install --with-deps chromium\n\n"
        "and then this command again. A browser elsewhere is named by PSG_TEST_CHROMIUM; without any,\n"
        "./psg test --quick runs everything but the journeys in a browser."
    )
