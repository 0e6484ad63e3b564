"""Fetch the installer uv for `./psg`: one program out of one wheel, with nothing but a bare Python (no pip).

usage: python fetch_uv.py FILE

It looks into no index, trusts the certificates this machine trusts, and takes only what requirements-uv.lock names.
Where it cannot (another kind of machine, an index of one's own), it says so, and pip does it.
"""

import hashlib
import os
import sys
import sysconfig
import zipfile
from http.client import HTTPException
from io import BytesIO
from pathlib import Path
from urllib.request import urlopen

LOCK = Path(__file__).resolve().parent.parent / "requirements-uv.lock"
_FILES = "https://files.pythonhosted.org/packages"
_AARCH64 = (
    f"{_FILES}/57/15/94b6cd62ac3ff6550288328e8035288875197cbc183f51554b266a69877b/"
    "uv-0.13.9-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64.whl"
)
WHEELS = {
    "aarch64-linux-gnu": _AARCH64,
    "aarch64-linux-musl": _AARCH64,
    "x86_64-linux-gnu": f"{_FILES}/3d/aa/26d64642d808de4a652579ef950d7cd2d37f080a8babf9c67c6b75fc4c3f/"
    "uv-0.13.9-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    "x86_64-linux-musl": f"{_FILES}/fe/fe/794884de0efd3ac77a427cab21aa72c0483e100c55a42cd5cbb02c141b84/"
    "uv-0.13.9-py3-none-musllinux_1_1_x86_64.whl",
}
"""The commonest machines, as Python calls them."""


def fetch(url: str, locked: str) -> bytes:
    """The program in a wheel, if the lock file's text has the wheel's hash."""
    with urlopen(url, timeout=15) as answer:  # noqa: S310 - one of the addresses above
        wheel: bytes = answer.read()
    if f"--hash=sha256:{hashlib.sha256(wheel).hexdigest()}" not in locked:
        raise ValueError(f"{url} is not what requirements-uv.lock names")
    with zipfile.ZipFile(BytesIO(wheel)) as files:
        return files.read(next(name for name in files.namelist() if name.endswith("/scripts/uv")))


def main(target: Path) -> int:
    """Write the program; 1 when it cannot be had this way."""
    machine = sysconfig.get_config_var("MULTIARCH")
    if os.environ.get("PIP_INDEX_URL") or machine not in WHEELS:
        return 1
    try:
        program = fetch(WHEELS[machine], LOCK.read_text(encoding="utf-8"))
        target.parent.mkdir(parents=True)
        target.write_bytes(program)
        target.chmod(0o755)
    except (OSError, HTTPException, ValueError) as problem:
        print(f"psg: uv could not be fetched straight ({problem}), so pip tries.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
