"""What a test needs of the machine, and what happens where that is not there."""

import os
from typing import NoReturn

import pytest

REQUIRE_ALL = os.environ.get("PSG_REQUIRE_ALL") == "1"
"""Set by continuous integration: nothing is left out for want of a server, a browser or data."""


def left_out(what: str) -> NoReturn:
    """Leave the test out because something is not on this machine; fail where everything is required."""
    if REQUIRE_ALL:
        pytest.fail(f"{what}, and everything is required here")
    # A developer without that server can still run the rest; `./psg test` installs or starts what it may.
    pytest.skip(what)
