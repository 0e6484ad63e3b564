"""Fetch the GOV.UK Frontend files we serve and strip what we may not use.

    python tools/vendor_assets.py [TARBALL]

Without an argument the pinned version is fetched with `npm pack`. The result in src/psg/static/vendor is the
same bytes every time; SHA256SUMS beside the files is checked by a test.

GDS Transport and the crest are licensed for services on gov.uk only, so the font faces, the font's name and the
crest's addresses are taken out here and never reach the repository.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "govuk-frontend"
VERSION = "6.3.0"
TARBALL_SHA256 = "3d91fd1353e32e306a8ae493b44ba9c0277348b5dbc08442a3e63d822e516048"
TARGET = Path(__file__).resolve().parent.parent / "src" / "psg" / "static" / "vendor"
FONT = "var(--app-font, arial, helvetica, sans-serif)"

NOTICE = f"""{PACKAGE} {VERSION}
https://github.com/alphagov/govuk-frontend

Changed here: font faces, the name of the GDS Transport font and the addresses of the crest are removed.

The MIT License (MIT)

Copyright (C) 2011-2026 Crown Copyright (Government Digital Service)

Permission is hereby granted, free of charge, to any person obtaining a copy of
this software and associated documentation files (the "Software"), to deal in
the Software without restriction, including without limitation the rights to
use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies
of the Software, and to permit persons to whom the Software is furnished to do
so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""


def strip_css(css: str) -> str:
    """The style sheet without font faces, the licensed font's name, crest addresses and its source map."""
    css = re.sub(r"@font-face\{[^}]*\}", "", css)
    css = css.replace("GDS Transport,arial,sans-serif", FONT)
    css = re.sub(r"url\([^)]*govuk-crest\.svg\)", "none", css)
    css = re.sub(r"/\*# sourceMappingURL=[^*]*\*/", "", css)
    for left in ("GDS Transport", "url(", "@font-face"):
        if left in css:
            sys.exit(f"{left!r} is still in the style sheet: this version needs another substitution")
    return f"/* {PACKAGE} {VERSION}, MIT, see LICENSE.txt */\n" + css.strip() + "\n"


def strip_js(js: str) -> str:
    """The module without its source map."""
    js = re.sub(r"//# sourceMappingURL=\S*", "", js)
    return f"/* {PACKAGE} {VERSION}, MIT, see LICENSE.txt */\n" + js.strip() + "\n"


def fetch(folder: Path) -> Path:
    """Download the pinned package into `folder`."""
    subprocess.run(["npm", "pack", f"{PACKAGE}@{VERSION}"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder / f"{PACKAGE}-{VERSION}.tgz"


def write(tarball: Path, target: Path) -> None:
    """Write the stripped files and their checksums into `target`."""
    if hashlib.sha256(tarball.read_bytes()).hexdigest() != TARBALL_SHA256:
        sys.exit(f"{tarball} is not the package this program was written for")
    with tarfile.open(tarball) as archive:

        def read(name: str) -> str:
            member = archive.extractfile(f"package/dist/govuk/{name}")
            if member is None:
                sys.exit(f"{name} is missing from {tarball}")
            return member.read().decode()

        files = {
            "govuk-frontend.min.css": strip_css(read("govuk-frontend.min.css")).encode(),
            "govuk-frontend.min.js": strip_js(read("govuk-frontend.min.js")).encode(),
            "LICENSE.txt": NOTICE.encode(),
        }
    for name in ("govuk-frontend.min.css", "govuk-frontend.min.js"):
        files[f"{name}.gz"] = gzip.compress(files[name], 9, mtime=0)
    target.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (target / name).write_bytes(content)
    sums = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    (target / "SHA256SUMS").write_text(sums)


def main() -> None:
    if len(sys.argv) > 1:
        write(Path(sys.argv[1]), TARGET)
        return
    with tempfile.TemporaryDirectory() as folder:
        write(fetch(Path(folder)), TARGET)


if __name__ == "__main__":
    main()
