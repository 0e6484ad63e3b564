"""Everything that is recorded: a code, a category and the words of the audit page.

The first six categories are those of the Data Protection Act 2018, section 62. A sentence continues
"D Marsh (Council) …"; it may use {case} (the reference), {fields} (names of fields), {why} (the rule or reason code)
and {count} (how many records a list showed).
"""

from enum import Enum, StrEnum


class Category(StrEnum):
    """Why an event is kept."""

    COLLECTION = "collection"
    ALTERATION = "alteration"
    CONSULTATION = "consultation"
    DISCLOSURE = "disclosure"
    COMBINATION = "combination"
    ERASURE = "erasure"
    SECURITY = "security"
    CONFIGURATION = "configuration"


class Event(Enum):
    """One kind of event. Codes are stored for years: add lines, never change or reuse one."""

    # Accounts and signing in
    ACCOUNT_CHANGED = ("account.changed", Category.SECURITY, "changed {fields} of an account")
    ACCOUNT_EMAIL_CHANGED = ("account.email_changed", Category.SECURITY, "changed the e-mail address of an account")
    ACCOUNT_LOOKED_AT = ("account.looked_at", Category.SECURITY, "looked at an account")
    ACCOUNT_REINSTATED = ("account.reinstated", Category.SECURITY, "reinstated an account")
    ACCOUNT_SUSPENDED = ("account.suspended", Category.SECURITY, "suspended an account")
    ACCOUNTS_LISTED = ("account.listed", Category.SECURITY, "looked at a list of {count} people")
    INVITATION_ACCEPTED = ("invitation.accepted", Category.SECURITY, "accepted an invitation")
    INVITATION_SENT = ("invitation.sent", Category.SECURITY, "invited somebody")
    INVITATION_WITHDRAWN = ("invitation.withdrawn", Category.SECURITY, "withdrew an invitation")
    PASSWORD_CHANGED = ("password.changed", Category.SECURITY, "changed their password")
    PASSWORD_CONFIRMED = ("password.confirmed", Category.SECURITY, "entered their password again")
    PASSWORD_LINK_ENDED = ("password.link_ended", Category.SECURITY, "ended a link that nobody had used yet")
    PASSWORD_RESET_ASKED = ("password.reset_asked", Category.SECURITY, "asked for a new password")
    PASSWORD_RESET_USED = ("password.reset_used", Category.SECURITY, "set a new password from a link")
    SESSION_ENDED = ("session.ended", Category.SECURITY, "was signed out ({why})")
    SESSIONS_ENDED = ("session.all_ended", Category.SECURITY, "ended all sessions of an account")
    SIGN_IN_FAILED = ("sign_in.failed", Category.SECURITY, "failed to sign in ({why})")
    SIGN_IN_SLOWED = ("sign_in.slowed", Category.SECURITY, "was made to wait after failed sign-ins")
    SIGNED_IN = ("sign_in.done", Category.SECURITY, "signed in")
    SIGNED_OUT = ("sign_in.ended", Category.SECURITY, "signed out")

    # Partnerships, agencies, groups and roles
    AGENCIES_LISTED = ("agency.listed", Category.CONFIGURATION, "looked at the list of agencies")
    AGENCY_ADDED = ("agency.added", Category.CONFIGURATION, "added an agency")
    AGENCY_CHANGED = ("agency.changed", Category.CONFIGURATION, "changed {fields} of an agency")
    AGENCY_JOINED = ("agency.joined", Category.CONFIGURATION, "added an agency to the partnership")
    AGENCY_LEFT = ("agency.left", Category.CONFIGURATION, "recorded that an agency has left the partnership")
    AGENCY_LOOKED_AT = ("agency.looked_at", Category.CONFIGURATION, "looked at an agency")
    GROUP_ADDED = ("group.added", Category.CONFIGURATION, "set up a group")
    GROUP_CHANGED = ("group.changed", Category.CONFIGURATION, "changed {fields} of a group")
    GROUP_LOOKED_AT = ("group.looked_at", Category.CONFIGURATION, "looked at a group")
    PARTNERSHIP_ADDED = ("partnership.added", Category.CONFIGURATION, "set up a partnership")
    PARTNERSHIP_CHANGED = ("partnership.changed", Category.CONFIGURATION, "changed {fields} of the partnership")
    PARTNERSHIP_LOOKED_AT = ("partnership.looked_at", Category.CONFIGURATION, "looked at the partnership's pages")
    ROLE_ENDED = ("role.ended", Category.SECURITY, "ended a role ({why})")
    ROLE_GIVEN = ("role.given", Category.SECURITY, "gave a role ({why})")
    SETUP_LOADED = ("setup.loaded", Category.CONFIGURATION, "loaded a set-up file")

    # Agreements
    AGREEMENT_ADDED = ("agreement.added", Category.CONFIGURATION, "added an information-sharing agreement")
    AGREEMENT_CHANGED = ("agreement.changed", Category.CONFIGURATION, "changed {fields} of an agreement")
    AGREEMENT_FILE_OPENED = ("agreement.file_opened", Category.CONFIGURATION, "opened the text of an agreement")
    AGREEMENT_LOOKED_AT = ("agreement.looked_at", Category.CONFIGURATION, "looked at an agreement")
    AGREEMENT_SIGNED = ("agreement.signed", Category.SECURITY, "signed the agreement for their agency")
    AGREEMENT_VERSION_PUBLISHED = ("agreement.version_published", Category.CONFIGURATION, "published an agreement")
    AGREEMENT_WITHDRAWN = ("agreement.withdrawn", Category.SECURITY, "withdrew an agency from the agreement")
    AGREEMENTS_LISTED = ("agreement.listed", Category.CONFIGURATION, "looked at the agreements")
    SIGNATORY_NAMED = ("agreement.signatory_named", Category.SECURITY, "named who signs for an agency")

    # Cases
    CASE_ACCEPTED = ("case.accepted", Category.ALTERATION, "accepted case {case}")
    CASE_CLOSED = ("case.closed", Category.ALTERATION, "closed case {case}")
    CASE_CLOSURE_PROPOSED = ("case.closure_proposed", Category.ALTERATION, "proposed to close case {case}")
    CASE_DECLINED = ("case.declined", Category.ALTERATION, "declined case {case}")
    CASE_DRAFT_DELETED = ("case.draft_deleted", Category.ERASURE, "deleted a draft")
    CASE_EDITED = ("case.edited", Category.ALTERATION, "changed {fields} of case {case}")
    CASE_ERASED = ("case.erased", Category.ERASURE, "erased case {case}")
    CASE_LEAD_CHANGED = ("case.lead_changed", Category.ALTERATION, "changed the lead of case {case}")
    CASE_LOGGED = ("case.logged", Category.COLLECTION, "logged case {case}")
    CASE_LOOKED_AT = ("case.looked_at", Category.CONSULTATION, "looked at case {case}")
    CASE_PRINTED = ("case.printed", Category.CONSULTATION, "printed case {case}")
    CASE_REDIRECTED = ("case.redirected", Category.ALTERATION, "passed case {case} to another group")
    CASE_REFERENCE_ADDED = ("case.reference_added", Category.COLLECTION, "added an agency's reference to case {case}")
    CASE_REFERENCE_REMOVED = (
        "case.reference_removed",
        Category.ERASURE,
        "removed an agency's reference in case {case}",
    )
    CASE_REOPENED = ("case.reopened", Category.ALTERATION, "re-opened case {case}")
    CASE_REVIEW_DATE_SET = ("case.review_date_set", Category.ALTERATION, "set the review date of case {case}")
    CASE_SENT = ("case.sent", Category.DISCLOSURE, "sent case {case} to the group")
    CASES_FOUND = ("case.found", Category.CONSULTATION, "searched and was shown {count} cases")
    CASES_LISTED = ("case.listed", Category.CONSULTATION, "looked at a list of {count} cases")
    DUPLICATES_SETTLED = (
        "case.duplicates_settled",
        Category.COMBINATION,
        "said whether two cases are the same ({why})",
    )
    DUPLICATES_SHOWN = ("case.duplicates_shown", Category.COMBINATION, "was shown {count} possible duplicates")
    NOTE_ADDED = ("note.added", Category.COLLECTION, "added a note to case {case}")
    NOTE_CORRECTED = ("note.corrected", Category.ALTERATION, "corrected a note of case {case}")
    NOTE_LOOKED_AT = ("note.looked_at", Category.CONSULTATION, "looked at a note of case {case}")

    # People and places
    PERSON_ADDED = ("person.added", Category.COLLECTION, "added a person to case {case}")
    PERSON_CHANGED = ("person.changed", Category.ALTERATION, "changed {fields} of a person in case {case}")
    PERSON_ERASED = ("person.erased", Category.ERASURE, "erased a person's record")
    PERSON_FOUND = ("person.found", Category.CONSULTATION, "looked for a person or address: {count} cases shown")
    PERSON_LINKED = ("person.linked", Category.COMBINATION, "used an existing person's record in case {case}")
    PERSON_LOOKED_AT = ("person.looked_at", Category.CONSULTATION, "looked at a person in case {case}")
    PERSON_REMOVED = ("person.removed", Category.ALTERATION, "took a person off case {case}")
    PLACE_ADDED = ("place.added", Category.COLLECTION, "added a place to case {case}")
    PLACE_CHANGED = ("place.changed", Category.ALTERATION, "changed {fields} of a place in case {case}")
    PLACE_REMOVED = ("place.removed", Category.ALTERATION, "took a place off case {case}")

    # Risk
    RISK_ASSESSED = ("risk.assessed", Category.COLLECTION, "assessed risk in case {case}")
    RISK_LOOKED_AT = ("risk.looked_at", Category.CONSULTATION, "looked at risk in case {case}")
    RISK_SCHEMES_LOADED = ("risk.schemes_loaded", Category.CONFIGURATION, "added the standard risk schemes")

    # Actions
    ACTION_CANCELLED = ("action.cancelled", Category.ALTERATION, "cancelled an action of case {case}")
    ACTION_CHANGED = ("action.changed", Category.ALTERATION, "changed {fields} of an action of case {case}")
    ACTION_CHASED = ("action.chased", Category.DISCLOSURE, "sent a reminder of an action of case {case}")
    ACTION_DONE = ("action.done", Category.ALTERATION, "marked an action of case {case} as done")
    ACTION_GIVEN = ("action.given", Category.COLLECTION, "gave out an action in case {case}")
    ACTION_LOOKED_AT = ("action.looked_at", Category.CONSULTATION, "looked at an action of case {case}")
    ACTION_NOT_DONE = ("action.not_done", Category.ALTERATION, "marked an action of case {case} as not done")
    ACTION_PROGRESS_ADDED = ("action.progress_added", Category.COLLECTION, "added progress to an action of case {case}")
    ACTION_REOPENED = ("action.reopened", Category.ALTERATION, "re-opened an action of case {case}")
    ACTIONS_LISTED = ("action.listed", Category.CONSULTATION, "looked at a list of {count} actions")
    ACTIONS_PRINTED = ("action.printed", Category.CONSULTATION, "printed a list of {count} actions")

    # Meetings
    ADDENDUM_ADDED = ("minutes.addendum_added", Category.COLLECTION, "added an addendum to agreed minutes")
    AGENDA_BUILT = ("agenda.built", Category.ALTERATION, "built an agenda")
    AGENDA_CHANGED = ("agenda.changed", Category.ALTERATION, "changed the order or items of an agenda")
    AGENDA_ITEM_ASKED_FOR = ("agenda.item_asked_for", Category.ALTERATION, "asked for case {case} to be discussed")
    AGENDA_ITEM_CHANGED = ("agenda.item_changed", Category.ALTERATION, "changed {fields} of case {case} on an agenda")
    AGENDA_LOOKED_AT = ("agenda.looked_at", Category.CONSULTATION, "looked at an agenda with {count} cases")
    AGENDA_PRINTED = ("agenda.printed", Category.CONSULTATION, "opened an agenda with {count} cases as PDF")
    AGENDA_PUBLISHED = ("agenda.published", Category.DISCLOSURE, "published an agenda")
    ATTENDANCE_RECORDED = ("meeting.attendance_recorded", Category.ALTERATION, "recorded who attended a meeting")
    CALENDAR_FILE_OPENED = ("meeting.calendar_file", Category.CONSULTATION, "took a meeting's calendar file")
    DECISION_RECORDED = ("meeting.decision_recorded", Category.COLLECTION, "recorded the decision about case {case}")
    GUEST_ANSWERED = ("meeting.guest_answered", Category.ALTERATION, "said whether they come as a guest ({why})")
    GUEST_INVITED = ("meeting.guest_invited", Category.DISCLOSURE, "invited a guest to an agenda item")
    GUEST_LOOKED_AT_ITEM = (
        "meeting.guest_looked",
        Category.CONSULTATION,
        "looked, as a guest, at the agenda item of case {case}",
    )
    GUEST_WITHDRAWN = ("meeting.guest_withdrawn", Category.ALTERATION, "withdrew a guest's invitation")
    MEETING_ADDED = ("meeting.added", Category.CONFIGURATION, "added a meeting")
    MEETING_CANCELLED = ("meeting.cancelled", Category.CONFIGURATION, "cancelled a meeting ({why})")
    MEETING_CHANGED = ("meeting.changed", Category.CONFIGURATION, "changed {fields} of a meeting")
    MEETING_ENDED = ("meeting.ended", Category.ALTERATION, "ended a meeting")
    MEETING_LOOKED_AT = ("meeting.looked_at", Category.CONSULTATION, "looked at a meeting")
    MEETING_REMOVED = (
        "meeting.removed",
        Category.CONFIGURATION,
        "removed a meeting that a changed series no longer has",
    )
    MEETING_STARTED = ("meeting.started", Category.ALTERATION, "started a meeting")
    MEETINGS_LISTED = ("meeting.listed", Category.CONSULTATION, "looked at the list of meetings")
    MINUTES_CHANGED = ("minutes.changed", Category.ALTERATION, "changed the record of a meeting")
    MINUTES_CONFIRMED = ("minutes.confirmed", Category.ALTERATION, "confirmed the record of a meeting")
    MINUTES_LOOKED_AT = ("minutes.looked_at", Category.CONSULTATION, "looked at the record of a meeting")
    MINUTES_PRINTED = ("minutes.printed", Category.CONSULTATION, "opened the record of a meeting as PDF")
    SERIES_LOOKED_AT = ("meeting.series_looked_at", Category.CONFIGURATION, "looked at when a group meets")
    SERIES_SET = ("meeting.series_set", Category.CONFIGURATION, "set when a group meets")
    STANDING_AGENDA_SET = ("agenda.standing_set", Category.CONFIGURATION, "changed the standing agenda of a group")

    # Reminders
    DELIVERIES_LISTED = ("delivery.listed", Category.CONFIGURATION, "looked at the deliveries")
    DELIVERY_LOOKED_AT = ("delivery.looked_at", Category.CONFIGURATION, "looked at a delivery")
    DELIVERY_RETRIED = ("delivery.retried", Category.CONFIGURATION, "sent a delivery again")
    REMINDER_SETTINGS_CHANGED = ("reminder.settings_changed", Category.CONFIGURATION, "changed when reminders go out")

    # Pages made of several things
    FIGURES_LOOKED_AT = ("page.figures", Category.CONSULTATION, "looked at the partnership's figures")
    HOME_LOOKED_AT = ("page.home", Category.CONSULTATION, "looked at their work, with {count} cases")
    STATUS_LOOKED_AT = ("page.status", Category.CONFIGURATION, "looked at the system's status")

    # Keys, the audit itself and what was refused
    AUDIT_READ = ("audit.read", Category.SECURITY, "read the audit trail")
    AUDIT_VERIFIED = ("audit.verified", Category.SECURITY, "checked the audit trail")
    BACKUP_NOTED = ("backup.noted", Category.SECURITY, "noted a backup ({why})")
    KEYS_CHECKED = ("keys.checked", Category.SECURITY, "checked the keys")
    KEYS_REMOVED = ("keys.removed", Category.SECURITY, "removed a key that nothing hangs on any more ({why})")
    KEYS_ROTATED = ("keys.rotated", Category.SECURITY, "rotated keys ({why})")
    REFUSED = ("access.refused", Category.SECURITY, "was refused ({why})")
    TIDIED = ("upkeep.tidied", Category.ERASURE, "removed working rows that were kept long enough ({why})")
    TOO_MANY_REQUESTS = ("access.too_many_requests", Category.SECURITY, "was slowed down ({why})")
    WHO_LOOKED_READ = ("audit.who_looked_read", Category.SECURITY, "asked who has looked at case {case}")

    def __init__(self, code: str, category: Category, sentence: str) -> None:
        self.code = code
        self.category = category
        self.sentence = sentence


BY_CODE = {event.code: event for event in Event}
