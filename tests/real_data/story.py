"""The year's autumn of the East Cambridgeshire group, told with the published cases: from set-up to escalation.

Every step keeps what people saw, pages and mails; the tests look at that afterwards.
"""

from datetime import date, time, timedelta

from sqlalchemy import select

from psg import clock
from psg.actions import operations as actions
from psg.actions.models import Action
from psg.audit.seal import seal_all
from psg.audit.verify import verify
from psg.db import db, reading_done, transaction
from psg.meetings.live import workbench
from tests.browsing import Browser
from tests.real_data.story_meeting import MeetingTeller
from tests.real_data.told import DUE, MORNING, NEXT_MEETING_ON


class Story(MeetingTeller):
    """What happened, and what people saw of it."""

    def tell(self) -> None:
        """Everything, in order."""
        self._set_up()
        self._log_cases()
        self._accept()
        self._publish()
        self._meet()
        self._let_time_pass()
        self._read_back()

    def _let_time_pass(self) -> None:
        self._morning("due in a week", DUE - timedelta(days=7))
        self.site.clock.set(clock.at_local(DUE - timedelta(days=4), time(14, 0)))
        for given in self.given[::5]:
            with self.site.app.app_context():
                action = db.session.scalars(select(Action).where(Action.id == given.action_id)).one()
                with transaction(hold=(action,)):
                    actions.mark_done(action, outcome="Done as agreed.", by=self._viewer(given.owner))
            given.done = True
        self._post("some are done")
        self._morning("due today", DUE)
        self._morning("overdue", DUE + timedelta(days=1))
        self._morning("escalated", DUE + timedelta(days=14))

    def _morning(self, moment: str, day: date) -> None:
        self.site.clock.set(clock.at_local(day, MORNING))
        self._post(moment)

    # Looking at it all

    def _read_back(self) -> None:
        browser = self._browser("police")
        for told in self.told:
            self.timelines[told.reference] = browser.get(f"{told.path}/timeline?order=oldest").text
            self.overviews[told.reference] = browser.get(told.path).text
            self.prints[told.reference] = browser.get(f"{told.path}/print?what=whole").text
            self.people_pages[told.reference] = browser.get(f"{told.path}/people").text
        self.ready = Browser(self.site.app).get("/readyz").status_code
        with self.site.app.app_context():
            chair = self._viewer("chair")
            place = chair.standing(self._group().partnership_id)
            assert place is not None
            bench = workbench(chair, place, self._meeting(NEXT_MEETING_ON))
            self.next_agenda = {
                line.case.reference: " ".join(str(why["code"]) for why in line.reasons) for line in bench.agenda.lines
            }
            reading_done()
            seal_all(everything=True)
            self.report = verify()
