"""Style sheets, scripts and icons, served under an address that holds the hash of the whole folder.

One hash for all files lets the script module import its neighbour by a relative path, and lets browsers keep
everything for a year: a changed file is a changed address.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Flask
from whitenoise import WhiteNoise  # type: ignore[import-untyped]

from psg.paths import STATIC

_YEAR = 365 * 24 * 3600


def folder_hash(folder: Path) -> str:
    """Twelve hexadecimal digits over the names and contents of all files."""
    total = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = file.read_bytes()
        total.update(f"{file.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()[:12]


def init_app(app: Flask, folder: Path = STATIC) -> None:
    """Serve the folder in front of the application and give templates `asset(name)`."""
    base = f"/static/{folder_hash(folder)}/"
    names = frozenset(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())

    def asset(name: str) -> str:
        """The address of a file; a name that does not exist is a mistake in a template."""
        if name not in names:
            raise LookupError(f"no such static file: {name}")
        return base + name

    def add_headers(headers: dict[str, str], *_: str) -> None:
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"

    app.jinja_env.globals["asset"] = asset
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=str(folder),
        prefix=base.strip("/"),
        max_age=_YEAR,
        allow_all_origins=False,
        immutable_file_test=lambda *_: True,
        add_headers_function=add_headers,
    )
