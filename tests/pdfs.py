"""What a PDF says, read by poppler's programs as a reader's program would read it."""

import shutil
import subprocess

from tests.required import REQUIRE_ALL, left_out


def text_of(data: bytes) -> str:
    """The words of a PDF, laid out as on the page; pages end with a form feed."""
    return _poppler("pdftotext", data, "-layout", "-", "-")


def facts_of(data: bytes) -> str:
    """Its title, whether it is tagged, and how many pages it has."""
    return _poppler("pdfinfo", data, "-")


def words_if_readable(data: bytes) -> str:
    """The words in the order of the file; nothing where it is no PDF, or poppler is not installed and need not be."""
    if shutil.which("pdftotext") is None and not REQUIRE_ALL:
        return ""
    return _poppler("pdftotext", data, "-", "-", check=False)


def _poppler(program: str, data: bytes, *arguments: str, check: bool = True) -> str:
    if shutil.which(program) is None:
        left_out(f"{program} is not installed (package poppler-utils)")
    done = subprocess.run([program, *arguments], input=data, capture_output=True, check=check, timeout=60)
    return done.stdout.decode("utf-8")
