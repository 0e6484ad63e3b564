"""A world in which every field that holds something sensitive holds a word of its own, put there by the real verbs."""

from typing import Any

from psg.db import Model, db
from tests.canary import plant_cases, plant_meetings, plant_people
from tests.canary.words import Scene
from tests.conftest import Installation
from tests.worlds import World


def plant(world: World) -> Scene:
    """Fill the world. Needs an application context."""
    scene = Scene()
    plant_people.add_staff(world)
    plant_people.add_somebody_invited(world, scene)
    plant_people.add_groups_and_agreements(world, scene)
    for name in plant_cases.CASES:
        plant_cases.add_case(world, scene, name)
    plant_meetings.add_meetings(world, scene)
    plant_meetings.add_guests(world, scene)
    plant_meetings.add_what_is_not_recorded(world, scene)
    plant_meetings.add_what_meetings_decided(world, scene)
    return scene


def sealed_columns() -> set[str]:
    """Every sealed column of every model, as table.column."""
    return {
        f"{mapper.local_table.name}.{column.name}"
        for mapper in Model.registry.mappers
        for column in mapper.local_table.columns
        if column.name.endswith("_sealed")
    }


class Planted(Installation):
    """An installation whose template holds the planted world."""

    def __init__(self, kind: str, folder: Any) -> None:
        super().__init__(kind, folder)
        from psg.app import create_app

        filler = create_app(self.settings)
        with filler.app_context():
            self.scene: Scene = plant(self.world)
            db.session.remove()
            db.engine.dispose()


_made: dict[str, Planted] = {}


def planted(kind: str, folder: Any) -> Planted:
    """The planted installation of a kind, made once in a test process."""
    if kind not in _made:
        _made[kind] = Planted(kind, folder)
    return _made[kind]


def drop_all() -> None:
    """Remove what was made."""
    for made in _made.values():
        made.drop()
    _made.clear()
