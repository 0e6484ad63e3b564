"""The .ics file of a meeting: when, where, a link. Never a case, a name or a note: calendars are read by many."""

from datetime import timedelta

from psg import clock
from psg.meetings.clocks import starts_at
from psg.meetings.models import Meeting
from psg.meetings.rules import MeetingState


def calendar_file(
    meeting: Meeting, *, group_name: str, link: str, host: str, with_place: bool = True, there: str = "The agenda"
) -> bytes:
    """The meeting as an iCalendar file.

    Its UID is the meeting's id, so that a moved meeting moves in the calendar instead of standing there twice; SEQUENCE
    is its version. there: what stands in PSG at the link.
    """
    from icalendar import Calendar, Event  # large, and few requests are for a calendar

    event = Event()
    event.add("uid", f"{meeting.id}@{host}")
    event.add("sequence", meeting.version - 1)
    event.add("dtstamp", clock.now())
    begins = clock.local(starts_at(meeting))
    event.add("dtstart", begins)
    event.add("dtend", clock.local(starts_at(meeting) + timedelta(minutes=meeting.minutes)))
    event.add("summary", group_name)
    event.add("class", "PRIVATE")
    event.add("status", "CANCELLED" if meeting.state is MeetingState.CANCELLED else "CONFIRMED")
    if meeting.place and with_place:
        event.add("location", meeting.place)
    event.add("url", link)
    event.add("description", f"{there} is in PSG: {link}")
    calendar = Calendar()
    calendar.add("prodid", "-//PSG//Meetings//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if meeting.state is MeetingState.CANCELLED else "PUBLISH")
    calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())
