"""Our macros draw the same structure as the GOV.UK Design System's reference macros."""

from __future__ import annotations

from typing import Any

import html5lib
import jinja2
import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from psg.web.fields import (
    ChoiceField,
    DateField,
    LongTextField,
    ManyField,
    PasswordField,
    SelectField,
    TextField,
    option,
)
from psg.web.forms import Form

ORACLE = jinja2.Environment(loader=jinja2.PackageLoader("govuk_frontend_jinja", "templates"), autoescape=True)
# The reference package imports its own parts under its package name.
ORACLE.loader = jinja2.PrefixLoader({"govuk_frontend_jinja": ORACLE.loader})  # type: ignore[dict-item]

TWO = [option("a", "First", hint="Hint of first"), option("b", "Second")]


class All(Form):
    text = TextField(
        "Text", max=5, missing="Enter text", hint="A hint", autocomplete="email", width="govuk-input--width-10"
    )
    many_lines = LongTextField("Lines", max=500, missing="Enter lines", hint="A hint")
    secret = PasswordField("Secret", missing="Enter it")
    one = ChoiceField("One", choices=TWO, missing="Select one", hint="A hint")
    many = ManyField("Many", choices=TWO, missing="Select some")
    listed = SelectField("Listed", choices=TWO, missing="Select it", empty="Select one", hint="A hint")
    day = DateField("Day", missing="Enter the day", hint="For example, 27 3 2026")


def shape(markup: str) -> Any:
    """Tags, attributes and words without order of classes or white space."""
    root = html5lib.parseFragment(markup, treebuilder="etree", namespaceHTMLElements=False)

    def walk(element: Any) -> Any:
        attributes = {
            name: sorted(value.split()) if name in ("class", "aria-describedby") else value
            for name, value in element.attrib.items()
        }
        words = [(element.text or "").strip()] + [(child.tail or "").strip() for child in element]
        return (
            str(element.tag),
            sorted(attributes.items(), key=str),
            [word for word in words if word],
            [walk(child) for child in element],
        )

    return walk(root)


def reference(component: str, macro: str, params: dict[str, Any]) -> str:
    template = ORACLE.get_template(f"govuk_frontend_jinja/components/{component}/macro.html")
    return str(getattr(template.module, macro)(params))


@pytest.fixture(params=["fresh", "wrong", "filled"])
def form(app: Flask, request: pytest.FixtureRequest) -> Any:
    sent = {
        "fresh": None,
        "wrong": MultiDict({"many": ""}),
        "filled": MultiDict(
            [
                ("text", "abc"),
                ("many_lines", "one\n<two>"),
                ("one", "b"),
                ("many", "a"),
                ("listed", "b"),
                ("day-day", "9"),
                ("day-month", "11"),
                ("day-year", "2026"),
                ("secret", "x"),
            ]
        ),
    }[request.param]
    with app.test_request_context("/"):
        form = All(formdata=sent, meta={"csrf": False})
        if request.param == "wrong":
            form.validate()
        yield form


def params(field: Any, **more: Any) -> dict[str, Any]:
    base: dict[str, Any] = {"id": field.id, "name": field.name}
    if field.hint:
        base["hint"] = {"text": field.hint}
    if field.message:
        base["errorMessage"] = {"text": field.message}
    return {**base, **more}


def label(field: Any) -> dict[str, str]:
    return {"text": field.label.text, "classes": "govuk-label--s"}


def fieldset(field: Any) -> dict[str, Any]:
    return {"legend": {"text": field.label.text, "classes": "govuk-fieldset__legend--s"}}


def items(field: Any, chosen: str) -> list[dict[str, Any]]:
    return [
        {
            "value": item["value"],
            "text": item["label"],
            chosen: item["chosen"],
            **({"hint": {"text": item["hint"]}} if item["hint"] else {}),
        }
        for item in field.items()
    ]


def test_text(form: All) -> None:
    field = form.text
    expected = params(
        field, label=label(field), value=field.shown, autocomplete="email", classes="govuk-input--width-10"
    )
    # An empty value is written out by us and left out by the reference: the same to a browser.
    ours = str(field()).replace(' value=""', "")
    assert shape(ours) == shape(
        reference("input", "govukInput", {**expected, "value": field.shown or None}).replace(' value=""', "")
    )


def test_long_text(form: All) -> None:
    field = form.many_lines
    expected = params(field, label=label(field), value=field.shown, maxlength=500, threshold=75, rows=5)
    ours = str(field()).replace(' autocomplete="off"', "")
    assert shape(ours) == shape(reference("character-count", "govukCharacterCount", expected))


def test_password(form: All) -> None:
    field = form.secret
    expected = params(field, label=label(field))
    assert shape(field()) == shape(reference("password-input", "govukPasswordInput", expected))


def test_radios(form: All) -> None:
    field = form.one
    expected = params(field, idPrefix=field.id, fieldset=fieldset(field), items=items(field, "checked"))
    assert shape(field()) == shape(reference("radios", "govukRadios", expected))


def test_checkboxes(form: All) -> None:
    field = form.many
    expected = params(field, idPrefix=field.id, fieldset=fieldset(field), items=items(field, "checked"))
    assert shape(field()) == shape(reference("checkboxes", "govukCheckboxes", expected))


def test_select(form: All) -> None:
    field = form.listed
    rows = [{"value": "", "text": "Select one"}] + [
        {key: value for key, value in item.items() if key != "hint"} for item in items(field, "selected")
    ]
    assert shape(field()) == shape(reference("select", "govukSelect", params(field, label=label(field), items=rows)))


def test_date(form: All) -> None:
    field = form.day
    rows = [
        {
            "name": item["part"],
            "value": item["value"],
            "autocomplete": "off",
            "classes": item["width"] + (" govuk-input--error" if item["bad"] else ""),
        }
        for item in field.items()
    ]
    expected = params(field, namePrefix=field.name, fieldset=fieldset(field), items=rows)
    # The month takes letters, so it asks for no number pad.
    theirs = (
        reference("date-input", "govukDateInput", expected).replace(' inputmode="numeric"', "").replace(' value=""', "")
    )
    ours = str(field()).replace(' inputmode="numeric"', "").replace(' value=""', "")
    assert shape(ours) == shape(theirs)


def test_error_summary(form: All, app: Flask) -> None:
    module: Any = app.jinja_env.get_template("components/forms.html").module
    ours = module.error_summary(form)
    lines = form.error_summary()
    if not lines:
        assert not ours.strip()
        return
    expected = {
        "titleText": "There is a problem",
        "errorList": [{"text": line["text"], "href": line["href"]} for line in lines],
    }
    assert shape(ours) == shape(reference("error-summary", "govukErrorSummary", expected))
