"""What a person may do, written by hand. Never derived from the program: this is what it is measured against.

People: w writer (referrer of the case), c coordinator, h chair of the case's group, m member of that group, o member of
another group, y chair of another group, n named on the case (lead officer, no group), e owner of the action (no group),
a colleague of the action's agency in the group, l agency lead, g governance, f figures, i invited to an agenda item and
otherwise only a guest, x suspended or stranger.
Nobody of an agency without a signature may do any of this; the tests put everybody there too.
"""

from psg.access import permissions

P = permissions.Permission

CASE_STATES = ("draft", "sent", "unsure", "open", "closed", "declined", "erased")

_READS = {
    "draft": "",
    "sent": "w c h",
    "unsure": "w c",
    "open": "c h m a n e",
    "closed": "c h m a",
    "declined": "w c h",
    "erased": "c",
}
_HANDLES = {"draft": "", "sent": "c h", "unsure": "c", "open": "c h", "closed": "c h", "declined": "c h", "erased": "c"}
_ADDS = {
    "draft": "",
    "sent": "c h",
    "unsure": "c",
    "open": "c h m a n e",
    "closed": "c h m a",
    "declined": "c h",
    "erased": "c",
}

ON_CASES: dict[P, dict[str, str]] = {
    P.CASE_DRAFT: {"draft": "w", "sent": "", "unsure": "", "open": "", "closed": "", "declined": "", "erased": ""},
    P.CASE_READ: _READS,
    P.CASE_WRITE: _READS,
    P.RISK_ASSESS: _READS,
    P.ACTION_READ: _READS,
    P.CASE_DECIDE: _HANDLES,
    P.CASE_LEAD: _HANDLES,
    P.CASE_CLOSE: _HANDLES,
    P.CASE_REOPEN: _HANDLES,
    P.CASE_LOOKED: _HANDLES,
    P.ACTION_CHANGE: _HANDLES,
    P.ACTION_ADD: _ADDS,
    P.ACTION_UPDATE: {
        "draft": "",
        "sent": "c h",
        "unsure": "c",
        "open": "c h e a",
        "closed": "c h a",
        "declined": "c h",
        "erased": "c",
    },
}
"""permission -> state of the case -> who. Operations refuse what a state makes senseless; that is tested with them."""

IN_PARTNERSHIP: dict[P, str] = {
    P.CASE_LIST: "w c h m o y n e a",
    P.CASE_LOG: "w c h m o y n e a",
    P.MATCH_FIND: "w c h m o y n e a",
    P.DUPLICATE_SETTLE: "c",
    P.ACTION_LIST: "w c h m o y n e a",
    P.AGENCY_ACTIONS: "l",
    P.MEETING_LIST: "w c h m o y n e a",
    P.AGREEMENT_READ: "w c h m o y n e a l g f",
    P.AGREEMENT_EDIT: "c g",
    P.PEOPLE_LIST: "c l",
    P.PERSON_INVITE: "c l",
    P.AGENCY_LIST: "w c h m o y n e a l g f",
    P.AGENCY_EDIT: "c",
    P.GROUP_READ: "w c h m o y n e a l g f",
    P.GROUP_EDIT: "c",
    P.LISTS_EDIT: "c",
    P.DELIVERY_READ: "c",
    P.DELIVERY_RETRY: "c",
    P.AUDIT_READ: "g",
    P.FIGURES_READ: "f g c h y",
    P.SYSTEM_STATUS: "",
    P.SYSTEM_PARTNERSHIPS: "",
}
"""permission -> who, in their own partnership"""

ON_MEETINGS: dict[P, dict[str, str]] = {
    P.MEETING_READ: {"published": "c h m a", "preparing": "c h"},
    P.AGENDA_BUILD: {"published": "c h", "preparing": "c h"},
    P.MEETING_RUN: {"published": "c h", "preparing": "c h"},
    P.MINUTES_AGREE: {"published": "c h", "preparing": "c h"},
}

ON_INVITATIONS: dict[P, dict[str, str]] = {
    P.ITEM_READ: {"open": "i", "closed": "", "somebody else's": ""},
    P.ITEM_ANSWER: {"open": "i", "closed": "", "somebody else's": ""},
}

ON_COLLEAGUES: dict[P, dict[str, str]] = {
    # of the lead's own agency, of another one, oneself as coordinator, oneself as lead
    P.PERSON_READ: {"own agency": "c l", "other agency": "c", "self": "c l"},
    P.PERSON_SUSPEND: {"own agency": "c l", "other agency": "c", "self": ""},
    P.PERSON_RESTORE: {"own agency": "c", "other agency": "c", "self": "", "own agency, suspended by a lead": "c l"},
    # Nobody holds a place that they are only offered, so it is asked of whoever they are elsewhere.
    P.PLACE_ACCEPT: {"own agency": "", "other agency": "", "self": "", "self, offered": "w c h m o y n e a l g f i x"},
    P.ROLE_GRANT: {"own agency": "c", "other agency": "c", "self": ""},
}

ON_SIGNATURES: dict[P, dict[str, str]] = {
    P.AGREEMENT_SIGN: {"own, anybody": "l", "own, named": "l", "own, somebody else": "", "other agency": ""},
    P.AGREEMENT_END: {"own, anybody": "g l", "own, named": "g l", "own, somebody else": "g l", "other agency": "g"},
}
