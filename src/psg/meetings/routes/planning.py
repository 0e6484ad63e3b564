"""Planning: a group's series, extra meetings, moved and cancelled ones."""

from flask import Response, flash, request
from werkzeug.wrappers import Response as Answer

from psg import clock
from psg.access import Permission, page, requires, standing, viewer
from psg.audit import Event
from psg.meetings import operations, queries
from psg.meetings.clocks import USUAL_MINUTES, USUAL_TIME, next_quarter
from psg.meetings.forms import CancelForm, MeetingForm, SeriesForm
from psg.meetings.models import Meeting, Series
from psg.meetings.planning import rhythm_of, series_of
from psg.meetings.recurrence import Rhythm, in_words, preview
from psg.meetings.routes import bp
from psg.meetings.routes.shared import address, group_of, save, sent
from psg.partnerships.models import Group
from psg.partnerships.queries import find_group
from psg.web.words import long_date, meeting_date, time_of_day


@bp.route("/<partnership>/groups/<group>/meetings", methods=["GET", "POST"])
@requires(Permission.GROUP_EDIT, group=find_group)
def series(group: Group) -> Answer:
    """How a group meets, with the next 12 dates and the bank holidays they fall on."""
    kept = series_of(group)
    form = _series_form(kept)
    if not form.validate_on_submit():
        return _series_page(group, form, kept, 422 if form.is_submitted() else 200)
    rhythm = Rhythm(form.ordinal.data, form.weekday.data, form.every_months.data, form.starts_from.data)
    if request.form.get("do") == "preview":
        return _series_page(group, form, kept, 200, rhythm)

    def change() -> str:
        operations.set_series(
            group, rhythm=rhythm, at=form.at.data, minutes=form.minutes.data, place=form.place.data, by=viewer()
        )
        return address("series", group=group.slug)

    done = save(form, kept, change)
    if isinstance(done, int):
        return _series_page(group, form, kept, done, rhythm)
    flash(f"{in_words(rhythm)}: the meetings of the next 12 months are planned.")
    return done


@bp.route("/<partnership>/groups/<group>/meetings/new", methods=["GET", "POST"])
@requires(Permission.AGENDA_BUILD, group=find_group)
def extra(group: Group) -> Answer:
    """An extra meeting."""
    kept = series_of(group)
    form = MeetingForm(
        at=kept.at if kept else USUAL_TIME,
        minutes=kept.minutes if kept else USUAL_MINUTES,
        place=kept.place if kept else "",
    )
    status: int = 422 if form.is_submitted() else 200
    if form.validate_on_submit():

        def change() -> str:
            made = operations.add_meeting(group, **form.values(), by=viewer())
            return address("index", anchor=f"meeting-{made.id}")

        done = save(form, None, change)
        if not isinstance(done, int):
            flash(f"Meeting planned for {long_date(form.held_on.data)} at {time_of_day(form.at.data)}.")
            return done
        status = done
    return page(
        "meetings/meeting_form.html",
        event=Event.MEETING_LOOKED_AT,
        record=group,
        status=status,
        form=form,
        group=group,
        meeting=None,
        begun=False,
    )


@bp.route("/<partnership>/meetings/<uuid:meeting_id>/change", methods=["GET", "POST"])
@requires(Permission.AGENDA_BUILD, meeting=queries.find)
def change(meeting: Meeting) -> Answer:
    """Move a meeting to another date, time or place. A link that says today fills that in, with a time to come.

    Of a meeting that has begun no other date is asked for; one that was typed before it began is refused beside it.
    """
    group = group_of(meeting)
    day, at = meeting.held_on, meeting.at
    if request.args.get("to") == "today":
        day = clock.today()
        if clock.at_local(day, at) < clock.now():
            at = next_quarter(clock.now()) or at
    form = MeetingForm(held_on=day, at=at, minutes=meeting.minutes, place=meeting.place)
    begun = queries.has_begun(meeting)
    if begun and not form.held_on.typed:
        del form.held_on

    def move() -> str:
        operations.change_meeting(meeting, group, **{"held_on": meeting.held_on} | form.values(), by=viewer())
        return address("index", anchor=f"meeting-{meeting.id}")

    done, status = sent(form, meeting, move)
    if done is not None:
        flash(
            f"The meeting is on {long_date(meeting.held_on)} at {time_of_day(meeting.at)}."
            + (" We will tell those who have had the agenda." if meeting.agenda_version else "")
        )
        return done
    return page(
        "meetings/meeting_form.html",
        event=Event.MEETING_LOOKED_AT,
        record=meeting,
        status=status,
        form=form,
        group=group,
        meeting=meeting,
        begun=begun,
    )


@bp.route("/<partnership>/meetings/<uuid:meeting_id>/cancel", methods=["GET", "POST"])
@requires(Permission.AGENDA_BUILD, meeting=queries.find)
def cancel(meeting: Meeting) -> Answer:
    """Cancel a meeting, with a reason."""
    form = CancelForm()

    def stop() -> str:
        operations.cancel_meeting(meeting, reason=form.reason.data, by=viewer())
        return address("index", anchor=f"meeting-{meeting.id}")

    done, status = sent(form, meeting, stop)
    if done is not None:
        flash(f"The meeting of {meeting_date(meeting.held_on)} is cancelled. Its cases come to the next meeting.")
        return done
    return page(
        "meetings/cancel.html",
        event=Event.MEETING_LOOKED_AT,
        record=meeting,
        status=status,
        form=form,
        group=group_of(meeting),
        meeting=meeting,
    )


def _series_form(kept: Series | None) -> SeriesForm:
    if kept is None:
        return SeriesForm(
            ordinal=2, weekday=1, every_months=1, starts_from=clock.today(), at=USUAL_TIME, minutes=USUAL_MINUTES
        )
    form = SeriesForm(
        ordinal=kept.ordinal,
        weekday=kept.weekday,
        every_months=kept.every_months,
        starts_from=kept.starts_from,
        at=kept.at,
        minutes=kept.minutes,
        place=kept.place,
    )
    if form.fresh:
        form.version.data = kept.version
    return form


def _series_page(
    group: Group, form: SeriesForm, kept: Series | None, status: int, rhythm: Rhythm | None = None
) -> Response:
    shown = rhythm or (rhythm_of(kept) if kept else None)
    return page(
        "meetings/series.html",
        event=Event.SERIES_LOOKED_AT,
        record=group,
        status=status,
        form=form,
        group=group,
        kept=kept,
        words=in_words(shown) if shown else "",
        dates=preview(shown, clock.today()) if shown else [],
        standing=standing(),
    )
