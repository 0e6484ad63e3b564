"""From words to an e-mail: plain text with the same in simple HTML. No images, nothing to fetch, nobody else's name."""

import re
import unicodedata
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from flask import current_app

from psg import clock
from psg.reminders.deciding import Letter
from psg.reminders.kinds import Message
from psg.reminders.models import Delivery
from psg.settings import current

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,255}")
_MOST_IN_HEADER = 180
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_POLICY = policy.SMTP.clone(cte_type="7bit")


class UnusableAddress(ValueError):
    """The address cannot stand in a header: nothing is sent to it."""


def message_id(delivery: Delivery) -> str:
    """The same for every try, so that mail programs fold a repeat into the first."""
    domain = parseaddr(current().mail_from)[1].rpartition("@")[2] or "psg.invalid"
    return f"<{delivery.id}@{domain}>"


def one_line(text: str) -> str:
    """Text fit for a header: no line ends of any alphabet, no control or direction characters, not too long."""
    return _safe(text)[:_MOST_IN_HEADER].rstrip()


def usable_address(address: str) -> str:
    """The address as it stands; raises UnusableAddress for one that is more, or less, than an address."""
    if not _ADDRESS.fullmatch(address):
        raise UnusableAddress
    return address


def compose(delivery: Delivery, letter: Letter) -> EmailMessage:
    """The e-mail for one delivery; raises UnusableAddress."""
    message = letter.message
    email = EmailMessage(policy=_POLICY)
    email["From"] = one_line(current().mail_from)
    email["To"] = usable_address(letter.address)
    if _ADDRESS.fullmatch(letter.reply_to):
        email["Reply-To"] = letter.reply_to
    email["Subject"] = one_line(message.subject)
    email["Date"] = format_datetime(clock.now())
    email["Message-ID"] = message_id(delivery)
    # Out-of-office answers to a reminder help nobody.
    email["Auto-Submitted"] = "auto-generated"
    email["X-Auto-Response-Suppress"] = "All"
    words = _words(message, one_line(letter.first_name), may_change=not delivery.urgent)
    email.set_content(_render("emails/message.txt", words))
    email.add_alternative(_render("emails/message.html", words), subtype="html")
    if message.ics is not None:
        data = message.ics.encode() if isinstance(message.ics, str) else message.ics
        email.add_attachment(
            data, maintype="text", subtype="calendar", filename="meeting.ics", params={"method": "PUBLISH"}
        )
    return email


def plain_text(email: EmailMessage) -> str:
    """The text part, as the deliveries page keeps it."""
    part = email.get_body(("plain",))
    return str(part.get_content()) if part is not None else ""


def absolute(path: str) -> str:
    """A link below the address that people type; whole addresses of ours stay as they are."""
    base = current().base_url
    if path.startswith((f"{base}/", "mailto:")) or path == base:
        return path
    return f"{base}/{path.lstrip('/')}"


def _words(message: Message, first_name: str, *, may_change: bool) -> dict[str, object]:
    """What the templates need. may_change: whether this kind of message can be switched off."""
    blocks: list[tuple[str, object]] = []
    for paragraph in message.paragraphs:
        if not isinstance(paragraph, str):
            blocks.append(("list", [_safe(line) for line in paragraph]))
        elif paragraph.startswith(f"{current().base_url}/") and not paragraph.split()[1:]:
            blocks.append(("link", paragraph))
        else:
            blocks.append(("text", _pieces(_safe(paragraph))))
    if message.link:
        blocks.append(("link", absolute(message.link)))
    return {
        "subject": one_line(message.subject),
        "first_name": first_name,
        "blocks": blocks,
        "why": _safe(message.why),
        "settings_url": absolute("/settings") if may_change else "",
    }


def _pieces(text: str) -> list[tuple[bool, str]]:
    """The text cut where an address of ours stands in it: (is it an address, the words)."""
    ours = re.compile(f"({re.escape(current().base_url)}/[^\\s]*[^\\s.,;:)])")
    return [(number % 2 == 1, piece) for number, piece in enumerate(ours.split(text)) if piece]


def _safe(text: str) -> str:
    safe = "".join(" " if unicodedata.category(sign) in _UNSAFE_CATEGORIES else sign for sign in text)
    return " ".join(safe.split())


def _render(template: str, words: dict[str, object]) -> str:
    # Not render_template: that would ask for a request's navigation and messages, and there is no request here.
    return str(current_app.jinja_env.get_template(template).render(**words))
