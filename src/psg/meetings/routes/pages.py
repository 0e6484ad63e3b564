"""Reading: the list of meetings, one meeting's published agenda, and its files."""

from datetime import timedelta
from itertools import groupby

from flask import Response, abort

from psg import audit, clock
from psg.access import Permission, page, requires, standing, viewer
from psg.access.policy import permits
from psg.audit import Event
from psg.meetings import queries
from psg.meetings.calendar_file import calendar_file
from psg.meetings.clocks import cut_offs
from psg.meetings.documents import agenda_pdf
from psg.meetings.models import Meeting
from psg.meetings.reading import Reading, published
from psg.meetings.routes import bp
from psg.meetings.routes.shared import absolute, address, download, group_of, host, presenter
from psg.meetings.rules import CANCEL_REASONS, MAY_ARRANGE
from psg.meetings.words import STATE_WORDS

_BACK, _AHEAD = timedelta(days=400), timedelta(days=200)


@bp.route("/<partnership>/meetings")
@requires(Permission.MEETING_LIST)
def index() -> Response:
    """Meetings by group: the next on top, then what is to come, then past ones."""
    today = clock.today()
    groups = queries.groups_of(viewer(), standing())
    found = queries.in_groups(groups, since=today - _BACK, until=today + _AHEAD)
    by_group = {
        key: list(meetings)
        for key, meetings in groupby(sorted(found, key=lambda m: (str(m.group_id), m.held_on)), lambda m: m.group_id)
    }
    rows = []
    for group in groups:
        meetings = by_group.get(group.id, [])
        coming = [m for m in meetings if m.held_on >= today and m.state in MAY_ARRANGE]
        rows.append(
            {
                "group": group,
                "next": coming[0] if coming else None,
                "dates": cut_offs(group, coming[0].held_on) if coming else None,
                "coming": coming[1:7],
                "past": [m for m in reversed(meetings) if m not in coming][:12],
            }
        )
    readable = {m.id for m in found if permits(viewer(), Permission.MEETING_READ, m.facts())}
    return page(
        "meetings/index.html",
        event=Event.MEETINGS_LISTED,
        ids=[meeting.id for meeting in found],
        groups=rows,
        today=today,
        readable=readable,
        state_words=STATE_WORDS,
        cancel_words=CANCEL_REASONS,
    )


@bp.route("/<partnership>/meetings/<uuid:meeting_id>")
@requires(Permission.MEETING_READ, meeting=queries.find)
def show(meeting: Meeting) -> Response:
    """A meeting: its published agenda with the reader's own items first."""
    reading = published(viewer(), standing(), meeting)
    return _agenda_page("meetings/show.html", Event.AGENDA_LOOKED_AT, reading)


@bp.route("/<partnership>/meetings/<uuid:meeting_id>/print")
@requires(Permission.MEETING_READ, meeting=queries.find)
def print_agenda(meeting: Meeting) -> Response:
    """The published agenda for paper."""
    reading = published(viewer(), standing(), meeting)
    return _agenda_page("meetings/print.html", Event.AGENDA_PRINTED, reading)


@bp.route("/<partnership>/meetings/<uuid:meeting_id>/agenda.pdf")
@requires(Permission.MEETING_READ, meeting=queries.find)
def agenda_file(meeting: Meeting) -> Response:
    """The published agenda as an accessible PDF."""
    if not meeting.agenda_version:
        abort(404)
    reading = published(viewer(), standing(), meeting)
    content = agenda_pdf(reading, presenter(), viewer(), standing())
    audit.looked(Event.AGENDA_PRINTED, meeting, by=viewer(), ids=list(reading.cards))
    return download(content, "application/pdf", f"agenda-{meeting.held_on.isoformat()}.pdf")


@bp.route("/<partnership>/meetings/<uuid:meeting_id>/meeting.ics")
@requires(Permission.MEETING_READ, meeting=queries.find)
def calendar(meeting: Meeting) -> Response:
    """The meeting for a calendar: date, place and a link, no case."""
    content = calendar_file(
        meeting,
        group_name=group_of(meeting).name,
        link=absolute(address("show", meeting)),
        host=host(),
    )
    audit.looked(Event.CALENDAR_FILE_OPENED, meeting, by=viewer())
    return download(content, "text/calendar", "meeting.ics")


def _agenda_page(template: str, event: Event, reading: Reading) -> Response:
    meeting = reading.meeting
    return page(
        template,
        event=event,
        record=meeting,
        ids=list(reading.cards),
        meeting=meeting,
        group=group_of(meeting),
        reading=reading,
        present=presenter(),
        dates=cut_offs(group_of(meeting), meeting.held_on),
        state_words=STATE_WORDS,
        cancel_words=CANCEL_REASONS,
        marking=standing().marking,
        back_href=address("show", meeting),
    )
