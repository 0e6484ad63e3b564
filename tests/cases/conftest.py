"""Connects what the application's assembly connects, for tests of cases."""

import pytest

from psg import reference, wiring
from psg.access import Role
from psg.partnerships import queries as partnerships
from psg.reminders import kinds


@pytest.fixture(autouse=True)
def connected(app):
    if kinds._registry.directory.settings_for is kinds._unconnected:
        defaults = {entry["code"]: entry["value"] for entry in reference.load("reminder-defaults")["entries"]}
        kinds.connect(
            kinds.Directory(
                viewer_of=wiring.viewer_of,
                holders=lambda place, role, group, agency: partnerships.holders(
                    place, Role(role), group_id=group, agency_id=agency
                ),
                settings_for=lambda place, group: defaults,
            )
        )
