"""Every component draws without a missing value, as well-formed HTML, and escapes what people typed."""

from __future__ import annotations

import uuid

import html5lib
import pytest
from flask import Flask, render_template_string

from psg.db.once import OnceKey
from psg.web.forms import WHO

from .sample import Sample

IMPORTS = """
{% import "components/forms.html" as forms %}{% import "components/frame.html" as frame %}
{% import "components/records.html" as records %}{% import "components/lists.html" as lists %}
"""
BAD = "<i>\u202ex"
PIECES = {
    "breadcrumbs": '{{ frame.breadcrumbs([{"text": bad, "href": "/"}]) }}{{ frame.back_link("/") }}',
    "heading": '{{ frame.heading(bad) }}{% call frame.heading("A", "Step 1", "Lead") %}x{% endcall %}',
    "buttons": """{{ forms.button("Save") }}{{ forms.link_button(bad, "/", "secondary") }}
        {{ forms.post_button("Done", "/", {"a": bad}, hidden_text="it") }}
        {{ forms.post_button("Undo", "/", look="link") }}
        {% call forms.group() %}{{ forms.button("No", "warning", name="n", value=bad) }}{% endcall %}""",
    "menu": '{{ forms.menu([{"text": bad, "href": "/"}, {"text": "B", "href": "/", "hidden_text": "it"}]) }}',
    "confirm": """{{ forms.confirm(form, bad, "Close the case", "/") }}
        {% call forms.confirm(form, "Sure", "Yes", "/") %}<p>more</p>{% endcall %}""",
    "form": '{% call forms.form(form, autosave="/draft", multipart=true) %}{{ form.title() }}{% endcall %}',
    "bands": """{% for tone in ["highest", "high", "middle", "low", "none"] %}
        {{ records.band(bad, tone) }}{{ records.band(bad, tone, true, "18 of 24") }}{% endfor %}""",
    "tag": '{{ records.tag(bad, "red") }}{{ records.icon("note") }}{{ records.copy_reference("EC-7QK4-M2") }}',
    "summary": """{% call records.card(bad, [{"text": "Change", "href": "/"}]) %}
        {{ records.summary_list([{"key": "A", "value": bad},
        {"key": "B", "value": "b", "actions": [{"text": "Change", "href": "/", "hidden_text": "B"}]}]) }}
        {% endcall %}""",
    "identity": """{% call records.identity_bar(bad, "EC-7QK4-M2", records.band("High", "high", true), "", [bad]) %}
        b{% endcall %}{{ records.sub_navigation([{"text": "A", "href": "/", "current": true, "count": 0}]) }}""",
    "timeline": """{% call records.timeline() %}
        {% call records.timeline_entry(bad, "9 November", "J", "visit", "late") %}
        x{% endcall %}{% endcall %}""",
    "callouts": """{% call records.callout(bad) %}x{% endcall %}{{ records.alert(bad, "error") }}
        {% call records.alert("A") %}x{% endcall %}{{ records.empty(bad, "/", "Add one") }}{{ records.panel(bad, "b") }}
        {% call records.block(bad, "/", "All", id="b") %}x{% endcall %}{{ records.next_step(bad, "why") }}""",
    "lists": """{% call lists.filters(more=lists.filter_text("Ref", "ref", bad)) %}
        {{ lists.filter_select("State", "state", [{"value": "a", "text": bad, "selected": true}]) }}{% endcall %}
        {{ lists.chips("12 of 58 cases", [{"text": bad, "href": "/"}], "/") }}
        {% call lists.scroll("Matrix") %}{% call lists.table("Cases", [
        {"text": "A", "sort": "/", "direction": "ascending"},
        {"text": "B", "numeric": true}, {"text": "C", "hidden": true}]) %}
        <tr role="row">{{ lists.cell("A", bad, header=true) }}{{ lists.cell("B", 4, numeric=true) }}
        {% call lists.cell("C") %}x{% endcall %}</tr>{% endcall %}{% endcall %}
        {{ lists.pagination("/?a", "/?b") }}{{ lists.pagination() }}""",
}


@pytest.mark.parametrize("name", PIECES)
def test_component(app: Flask, name: str) -> None:
    with app.test_request_context("/"):
        page = render_template_string(IMPORTS + PIECES[name], bad=BAD, form=Sample())
    assert "<i>" not in page
    html5lib.HTMLParser(strict=True).parseFragment(page)


@pytest.mark.parametrize("layout", ["plain", "print", "blank", "page"])
def test_layouts(app: Flask, layout: str) -> None:
    source = (
        '{% extends "layouts/' + layout + '.html" %}{% block title %}T{% endblock %}{% block main %}words{% endblock %}'
    )
    with app.test_request_context("/?signed-out"):
        page = render_template_string(source, marking="OFFICIAL-SENSITIVE")
    html5lib.HTMLParser(strict=True).parse(page)
    assert "words" in page
    assert page.count("<main") == 1
    assert ("OFFICIAL-SENSITIVE" in page) == (layout in ("print", "page"))


def test_the_key_belongs_to_the_person_signed_in(app: Flask) -> None:
    me = uuid.UUID(int=7)
    with app.test_request_context("/"):
        form = Sample()
        assert form.once_key() is None
        app.extensions[WHO] = lambda: me
        key = form.once_key()
        assert key == OnceKey(me, uuid.UUID(form.once.shown))
