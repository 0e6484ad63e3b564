"""My work: what is due, what changed, and what each role adds."""

from collections.abc import Sequence

from werkzeug.wrappers import Response as Answer

from psg import audit, clock
from psg.access import Permission, Role, page, signed_in, viewer
from psg.audit.events import Event
from psg.db import transaction
from psg.meetings import guests
from psg.partnerships.closed import places_beside
from psg.worklist import rules, system
from psg.worklist.blueprint import bp
from psg.worklist.duties import duties_of
from psg.worklist.mine import Own, own_work
from psg.worklist.navigation import opens


@bp.route("/my-work")
@signed_in
def my_work() -> Answer:
    """The page that a person starts from every morning."""
    person = viewer()
    trouble = system.trouble() if person.is_system_administrator else None
    places = list(person.standings.values())
    own = own_work(person)
    duties = duties_of(person)
    invited = guests.open_for(person)
    today = clock.today()
    due_today = sum(line.action.due_on == today for line in own.due)
    overdue = sum(line.action.due_on < today for line in own.due)
    signed = [place for place in places if place.agreement_signed]
    works = [place for place in signed if place.works_cases]
    beside = places_beside(person)
    _record(own, invited)
    return page(
        "worklist/my_work.html",
        person=person,
        places=places,
        many=len(places) > 1,
        own=own,
        duties=duties,
        trouble=trouble,
        invited=invited,
        joining=beside.offered,
        closed=beside.closed,
        guest_in=[place for place in signed if place.only_guest and not any(line.place == place for line in invited)],
        hello=rules.greeting(person.first_name, clock.local(clock.now()).time()),
        due_words=rules.due_sentence(due_today, overdue),
        unsigned=[
            place
            for place in places
            if not place.agreement_signed and (place.works_cases or place.roles - {Role.FIGURES})
        ],
        logs_in=[place for place in works if place.may_refer],
        works=works,
        new_here=bool(works) and duties.counts.in_first_days,
        figures_in=[place for place in places if opens(person, place, Permission.FIGURES_READ)],
        agency_in=[place for place in signed if opens(person, place, Permission.AGENCY_ACTIONS)],
        audit_in=[place for place in places if opens(person, place, Permission.AUDIT_READ)],
        marking=signed[0].marking if own.shown() or invited else None,
    )


def _record(own: Own, invited: Sequence[guests.InvitedLine]) -> None:
    """Write what is about to be shown into each partnership's audit; one row where there is no case to show."""
    shown = own.shown()
    for line in invited:
        shown[line.place.partnership_id].add(line.case_id)
    with transaction():
        for partnership_id, ids in shown.items():
            audit.looked(Event.HOME_LOOKED_AT, by=viewer(), partnership_id=partnership_id, ids=sorted(ids))
        if not shown:
            audit.looked(Event.HOME_LOOKED_AT, by=viewer())
