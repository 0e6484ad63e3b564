"""Who signed in last when: most people within two weeks, some not for months."""

from collections.abc import Iterator
from zlib import crc32

from psg import audit, clock
from psg.accounts.models import User
from psg.db import db, transaction
from psg.demo.timing import MORNING, Act, Step
from psg.demo.world import World

_SELDOM = ("peter-lindsell", "ines-quarrington")
_LONG_AGO = 90


def steps(world: World) -> Iterator[Step]:
    """One visit of each person."""
    for row in world.content.users:
        chance = crc32(row["email"].encode())
        days = _LONG_AGO if row["key"] in _SELDOM else 1 + chance % 12
        yield Step(world.calendar.at_work(-days), MORNING + chance % 300, _visit(world, row["key"]))


def _visit(world: World, key: str) -> Act:
    def act() -> None:
        if key not in world.users:
            return
        with transaction():
            user = db.session.get_one(User, world.users[key])
            user.last_signed_in_at = clock.now()
            audit.security(audit.Event.SIGNED_IN, user_id=user.id, record=user)

    return act
