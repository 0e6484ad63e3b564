"""The peer: an agenda set by WeasyPrint, tagged (PDF/UA-1), from the very data that PSG's own document is made of."""

import logging
from typing import Any

from jinja2 import Environment

_PAGE = Environment(autoescape=True).from_string("""<!DOCTYPE html>
<html lang="en-GB"><head><meta charset="utf-8"><title>{{ d.title }}</title><meta name="author" content="{{ d.author }}">
<style>
@page { size: A4; margin: 24mm 18mm; font: 10pt "Noto Sans", "Liberation Sans", sans-serif;
  @top-center { content: "{{ d.marking }}"; font-weight: bold }
  @bottom-left { content: "{{ d.foot }}"; font-size: 9pt }
  @bottom-center { content: "{{ d.marking }}"; font-weight: bold }
  @bottom-right { content: "Page " counter(page) " of " counter(pages); font-size: 9pt } }
body { font: 10.5pt "Noto Sans", "Liberation Sans", sans-serif }
h1 { font-size: 18pt; color: #12303f }
h2 { font-size: 13pt; color: #12303f }
h2 span { font-size: 10pt; color: #484949 }
table { width: 100%; border-collapse: collapse }
th, td { border-bottom: 0.5pt solid #6b7377; padding: 5pt 4pt; text-align: left; vertical-align: top }
td:nth-child(2) { white-space: nowrap }
td span { font-size: 9.5pt }
</style></head><body><h1>{{ d.title }}</h1>
<p>{% for what, value in d.facts %}<strong>{{ what }}:</strong> {{ value }}<br>{% endfor %}</p>
{% for part in d.parts %}<h2>{{ part.number }} {{ part.title }} <span>({{ part.time }})</span></h2>
{% if part.lines %}<table><thead><tr><th>Item</th><th>Case</th><th>What, and why it is here</th><th>Risk</th>
<th>Minutes</th></tr></thead><tbody>
{% for line in part.lines %}<tr><td>{{ line.number }}</td><td>{{ line.reference }}</td>
<td>{{ line.title }}<br><span>Why here: {{ line.why }}.</span></td><td>{{ line.band }}</td>
<td>{{ line.minutes }}</td></tr>
{% endfor %}</tbody></table>{% else %}<p>{{ part.empty }}</p>{% endif %}{% endfor %}
<p>{{ d.closing }}</p></body></html>""")


# Its steps would go into PSG's log, line by line.
logging.getLogger("weasyprint.progress").setLevel(logging.WARNING)


def agenda(data: dict[str, Any]) -> bytes:
    """The document."""
    # Only `make bench` installs it; whoever imports this module for its page need not have it.
    from weasyprint import HTML

    made = HTML(string=_PAGE.render(d=data)).write_pdf(pdf_variant="pdf/ua-1")
    assert made is not None
    return bytes(made)
