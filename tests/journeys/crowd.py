"""The scene with more than anybody expects: forty people, two hundred notes, words without end."""

from datetime import timedelta

from psg import clock
from psg.app import create_app
from psg.cases import operations as cases
from psg.cases import queries
from psg.cases.rules import When
from psg.db import db, transaction
from psg.people.rules import Names
from tests.journeys.scene import FullSite

ENDLESS = "Wortohneende" * 410
"""A word of about five thousand letters."""


class CrowdedSite(FullSite):
    """The full site, with one case (the one whose closure is proposed) grown beyond measure."""

    def _fill(self) -> None:
        super()._fill()
        filler = create_app(self.settings)
        with filler.app_context():
            self._crowd()
            db.session.remove()
            db.engine.dispose()

    def _crowd(self) -> None:
        by = self.world.viewer("officer")
        standing = by.standing(self.world.east)
        assert standing is not None
        case = queries.find(by, standing, self.scene["proposed"])
        assert case is not None
        with transaction(hold=(case,)):
            cases.set_now(case, text=ENDLESS[:3900], by=by)
            for number in range(40):
                names = Names(f"Person{number}", ENDLESS[:90] if number == 0 else "Longname-Hyphenated")
                details = {"note": ENDLESS[:1900], "safe_contact": "Text first"} if number < 2 else {}
                cases.add_person(case, names=names, role="witness", details=details, by=by)
            for number in range(200):
                what = ENDLESS if number == 199 else f"Note {number + 1} of the log."
                when = When.day(clock.today() - timedelta(days=200 - number))
                cases.add_event(case, kind="visit", when=when, what=what, who="A neighbour", by=by)
