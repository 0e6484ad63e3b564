"""From words to an e-mail: plain text with the same in simple HTML. No images, nothing to fetch, nobody else's name."""

import re
import unicodedata
import uuid
from dataclasses import dataclass
from email.utils import format_datetime, parseaddr
from functools import lru_cache

from flask import current_app

from psg import clock
from psg.reminders import mime
from psg.reminders.deciding import Letter
from psg.reminders.kinds import Message
from psg.reminders.outgoing import Outgoing
from psg.settings import current

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,255}")
_MOST_IN_HEADER = 180
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True)
class Mail:
    """One message, ready to be handed over."""

    sender: str
    """The bare address."""
    to: str
    message_id: str
    subject: str
    text: str
    """The plain text, as the deliveries page keeps it."""
    raw: bytes


class UnusableAddress(ValueError):
    """The address cannot stand in a header: nothing is sent to it."""


def message_id(delivery_id: uuid.UUID) -> str:
    """The same for every try, so that mail programs fold a repeat into the first."""
    domain = _bare(current().mail_from).rpartition("@")[2] or "psg.invalid"
    return f"<{delivery_id}@{domain}>"


def one_line(text: str) -> str:
    """Text fit for a header: no line ends of any alphabet, no control or direction characters, not too long."""
    return _safe(text)[:_MOST_IN_HEADER].rstrip()


def usable_address(address: str) -> str:
    """The address as it stands; raises UnusableAddress for one that is more, or less, than an address."""
    if not _ADDRESS.fullmatch(address):
        raise UnusableAddress
    return address


def compose(delivery: Outgoing, letter: Letter) -> Mail:
    """The e-mail for one delivery; raises UnusableAddress."""
    message, sender, now = letter.message, one_line(current().mail_from), clock.now()
    to, subject, identity = usable_address(letter.address), one_line(message.subject), message_id(delivery.id)
    headers = [mime.header("From", sender), mime.plain_header("To", to)]
    if _ADDRESS.fullmatch(letter.reply_to):
        headers.append(mime.header("Reply-To", letter.reply_to))
    headers += [
        mime.header("Subject", subject),
        mime.plain_header("Date", format_datetime(now)),
        mime.plain_header("Message-ID", identity),
        # Out-of-office answers to a reminder help nobody.
        mime.header("Auto-Submitted", "auto-generated"),
        mime.header("X-Auto-Response-Suppress", "All"),
    ]
    words = _words(message, one_line(letter.first_name), may_change=not delivery.urgent)
    text, html = _render("emails/message.txt", words), _render("emails/message.html", words)
    calendar = message.ics.encode() if isinstance(message.ics, str) else message.ics
    raw = mime.message(headers, delivery.id.hex, text, html, calendar)
    return Mail(_bare(sender), to, identity, subject, text, raw)


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
    if "://" not in text:
        return [(False, text)] if text else []
    pieces = _addresses(current().base_url).split(text)
    return [(number % 2 == 1, piece) for number, piece in enumerate(pieces) if piece]


@lru_cache(maxsize=8)
def _addresses(base: str) -> re.Pattern[str]:
    return re.compile(f"({re.escape(base)}/[^\\s]*[^\\s.,;:)])")


@lru_cache(maxsize=8)
def _bare(sender: str) -> str:
    return parseaddr(sender)[1]


def _safe(text: str) -> str:
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    safe = "".join(" " if unicodedata.category(sign) in _UNSAFE_CATEGORIES else sign for sign in text)
    return " ".join(safe.split())


def _render(template: str, words: dict[str, object]) -> str:
    # Not render_template: that would ask for a request's navigation and messages, and there is no request here.
    # Nor render(): it copies every global of the pages first, none of which a mail needs.
    found = current_app.jinja_env.get_template(template)
    return "".join(found.root_render_func(found.new_context(words, shared=True)))
