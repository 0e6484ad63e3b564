"""Lines of the trail as people read them: what was refused, why, and which answers changed, without codes."""

from psg.access.permissions import Permission
from psg.access.printed import meaning
from psg.access.roles import ROLE_WORDS, Role
from psg.audit.events import Event
from psg.audit.queries import Line
from psg.meetings.rules import CANCEL_REASONS
from psg.web.words import join_and

_FIELDS = {
    "agreed": "what was agreed",
    "at_risk_now": "whether somebody is at risk",
    "closure_proposed_at": "the proposal to close",
    "created": "the start",
    "digest": "the daily e-mail",
    "due_on": "the due date",
    "first_name": "the first name",
    "handling": "how it is handled",
    "held_on": "the date",
    "last_name": "the last name",
    "last_time": "when it last happened",
    "lawful_basis": "what allows the sharing",
    "lead_agency": "the lead agency",
    "lead_officer": "the lead officer",
    "liaison": "the liaison person",
    "may_refer": "whether it may log cases",
    "name": "the name",
    "narrative": "what has been happening",
    "now_text": "what is going on now",
    "owner_agency_id": "the owner's agency",
    "owner_id": "the owner",
    "purpose": "what it is shared for",
    "review_on": "the review date",
    "since": "since when it happens",
    "subject_kind": "who or what it is about",
    "text": "the text",
    "themes": "the themes",
    "times_moved": "how often it was moved",
    "title": "the working title",
    "tried": "what has been tried",
    "wants": "what the person harmed wants",
    "what": "what happened",
    "who": "who said it",
    "why_agencies": "why several agencies are needed",
}
_SIGN_IN = {
    "password": "the e-mail address or the password was not right",
    "password at its change": "the present password was not right when it was to be changed",
    "password at signing": "the password was not right when an agreement was to be signed",
}
_SAME = {"same": "they are the same", "different": "they are not the same"}


def said(line: Line, case: str) -> str:
    """What was done, in words that continue a name; `case` is the reference to show."""
    if line.event is Event.REFUSED:
        return _refused(line.why, case)
    if line.event is None:
        return line.code.replace(".", ": ").replace("_", " ")
    words = {
        "case": case or "(erased)",
        "fields": join_and(_FIELDS.get(name, name.replace("_", " ")) for name in line.fields) or "details",
        "why": _why(line.event, line.why),
        "count": str(len(line.ids)),
    }
    return line.event.sentence.format(**words)


def kind_words(event: Event) -> str:
    """What such events are, for choosing among them: the sentence without what differs from line to line."""
    words = event.sentence.replace(" ({why})", "").replace("case {case}", "a case")
    return words.replace("{fields}", "details").replace("{count} ", "")


def _why(event: Event, why: str) -> str:
    if event in (Event.ROLE_GIVEN, Event.ROLE_ENDED) and why in set(Role):
        return ROLE_WORDS[Role(why)].lower()
    if event is Event.SIGN_IN_FAILED:
        return _SIGN_IN.get(why, why)
    if event is Event.DUPLICATES_SETTLED:
        return _SAME.get(why, why)
    if event is Event.MEETING_CANCELLED:
        return CANCEL_REASONS.get(why, why)
    return why.replace("_", " ").replace("-", " ") or "no reason given"


def _refused(why: str, case: str) -> str:
    """`why` is the permission's code and the name of the page, or the word agreement; or the page alone."""
    code, _, rest = why.partition(" ")
    if code not in set(Permission):
        return "asked for a page of a partnership where they have no place, and was refused"
    wanted = meaning(Permission(code))
    wanted = (wanted[:1].lower() + wanted[1:]).replace(" one may see", "").replace("one's", "their")
    about = f" ({case})" if case else ""
    if rest == "agreement":
        return f"wanted to {wanted}{about}, and was refused: their agency has not signed the agreement"
    return f"wanted to {wanted}{about}, and was refused"
