"""Where files that are not Python live, in a checkout and in an installed wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parents[1]


def _resource(name: str) -> Path:
    packaged = _PACKAGE / name  # a wheel keeps it inside the package
    return packaged if packaged.is_dir() else _CHECKOUT / name


TEMPLATES = _resource("templates")
MIGRATIONS = _resource("migrations")
STATIC = _PACKAGE / "static"
