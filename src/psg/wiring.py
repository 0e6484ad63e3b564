"""Where features meet: every call from a lower feature to a higher one is connected here, one visible line each."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from flask import Blueprint, Flask, Request, Response, make_response, render_template
from flask_login import current_user

from psg import jobs
from psg.access import Role, Viewer
from psg.access.viewer import Standing, Standings
from psg.accounts import operations as account_operations
from psg.accounts import queries as accounts
from psg.accounts import reminding as account_reminding
from psg.accounts import routes as account_routes
from psg.accounts import sessions
from psg.accounts.models import User
from psg.accounts.rules import Account
from psg.actions import checks as action_checks
from psg.actions import queries as actions
from psg.actions import reminding as action_reminding
from psg.actions import routes as action_routes
from psg.agreements import queries as agreements
from psg.agreements import reminding as agreement_reminding
from psg.agreements import routes as agreement_routes
from psg.casefile import routes as casefile_routes
from psg.cases import aftercare, checks
from psg.cases import reminding as case_reminding
from psg.cases import routes as case_routes
from psg.db import db
from psg.meetings import choices as meeting_choices
from psg.meetings import guest_reminding, setting_up
from psg.meetings import queries as meetings
from psg.meetings import reminding as meeting_reminding
from psg.meetings import routes as meeting_routes
from psg.oversight import checks as installation_checks
from psg.oversight import routes as oversight_routes
from psg.partnerships import holding, providers, reminder_settings
from psg.partnerships import operations as partnerships
from psg.partnerships import reminding as partnership_reminding
from psg.partnerships import routes as partnership_routes
from psg.partnerships.models import Partnership
from psg.reminders import kinds
from psg.risk import queries as risk
from psg.risk import routes as risk_routes
from psg.setup import routes as setup_routes
from psg.web.nav import SIGNED_OUT, Nav
from psg.worklist import arrival, system
from psg.worklist import navigation as frame
from psg.worklist import routes as worklist_routes


def blueprints() -> Sequence[Blueprint]:
    """Every feature's pages."""
    return (
        account_routes.bp,
        partnership_routes.bp,
        agreement_routes.bp,
        case_routes.bp,
        risk_routes.bp,
        action_routes.bp,
        meeting_routes.bp,
        casefile_routes.bp,
        worklist_routes.bp,
        oversight_routes.bp,
        setup_routes.bp,
    )


def connect(app: Flask) -> None:
    """Connect features that must not import each other."""
    Standings.look_up = staticmethod(agreements.standings_of)
    sessions.Sessions.look_up = staticmethod(arrival.look_up)
    app.extensions["psg.agreement_needed"] = _agreement_needed

    _once(account_operations.on_activation, _open_memberships)
    _once(account_operations.on_rename, partnerships.person_renamed)
    _once(checks.before_close, actions.before_close)
    _once(checks.action_counts, actions.open_counts)
    _once(checks.action_columns, actions.open_columns)
    _once(checks.next_meeting_on, meetings.next_meeting_on)
    _once(checks.review_interval, risk.review_interval)
    _once(checks.band_labels, risk.band_labels)
    _once(providers.open_work, actions.open_work)
    for set_up_page in (*setting_up.SET_UP_PAGES, setup_routes.SET_UP_PAGE):
        _once(providers.set_up_pages, set_up_page)
    _once(action_checks.meetings_of, meeting_choices.choices)
    _once(action_checks.meeting_dates, meeting_choices.dates_of)

    _once(system.lookouts, _trouble)

    kinds.connect(
        kinds.Directory(
            recipients=_recipients,
            holders=_holders,
            settings_for=_settings_for,
            contact_of=_contact_of,
        )
    )
    kinds.register(*account_reminding.KINDS)
    kinds.register(*partnership_reminding.KINDS)
    kinds.register(*agreement_reminding.KINDS)
    kinds.register(*case_reminding.KINDS, aftercare.AFTER_CLOSURE)
    kinds.register(*action_reminding.KINDS)
    kinds.register(*meeting_reminding.KINDS)
    kinds.register(*guest_reminding.KINDS)
    jobs.register()


def viewer_of_request(_request: Request) -> Viewer | None:
    """The signed-in person of this request, with their places read afresh."""
    session = sessions.current()
    if session is None:
        return None
    # A session that began in this request came with nothing beside it.
    standings = agreements.standings_in(session.beside) if session.beside else Standings.look_up(session.user.id)
    return _viewer(session.user, standings)


def viewer_of(user_id: uuid.UUID) -> Viewer | None:
    """The person with an id as the rules see them now; None for no such account."""
    user = db.session.get(User, user_id)
    return _viewer(user, Standings.look_up(user.id)) if user else None


def navigation() -> Nav:
    """The frame of a page for the person signed in."""
    return frame.build() if current_user.is_authenticated else SIGNED_OUT


def _viewer(user: User | Account, standings: Mapping[uuid.UUID, Standing]) -> Viewer:
    return Viewer(
        user_id=user.id,
        first_name=user.first_name,
        name=user.name,
        email=user.email,
        is_system_administrator=user.is_system_administrator,
        standings=standings,
    )


def _trouble() -> system.Trouble | None:
    found = installation_checks.worst()
    if found is None:
        return None
    failed = found.word is installation_checks.Word.RED
    return system.Trouble(
        f"{found.name}: {'failed' if failed else 'look at this'}", f"{found.says}. {found.do}", failed
    )


def _open_memberships(user_id: uuid.UUID) -> None:
    person = viewer_of(user_id)
    if person is not None:
        partnerships.activate_memberships(user_id, by=person)


def _agreement_needed(place: Standing) -> Response:
    return make_response(render_template("agreements/needed.html", place=place), 403)


def _holders(
    partnership_id: uuid.UUID, role: str, group_id: uuid.UUID | None, agency_id: uuid.UUID | None
) -> list[uuid.UUID]:
    return holding.holders(partnership_id, Role(role), group_id=group_id, agency_id=agency_id)


def _settings_for(partnership_id: uuid.UUID, group_id: uuid.UUID | None) -> Mapping[str, Any]:
    if group_id is None:
        return reminder_settings.for_groups(partnership_id)
    return reminder_settings.for_group(partnership_id, group_id)


def _contact_of(partnership_id: uuid.UUID) -> str:
    partnership = db.session.get(Partnership, partnership_id)
    return partnership.contact_email if partnership else ""


def _recipients(user_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, kinds.Recipient]:
    places = agreements.standings_of_all(user_ids)
    return {
        person.id: kinds.Recipient(_viewer(person, places.get(person.id, {})), muted)
        for person, muted in accounts.people(user_ids)
    }


def _once(known: list[Any], function: Any) -> None:
    """Add a function to a list of providers; applications built in one process share the lists."""
    if function not in known:
        known.append(function)
