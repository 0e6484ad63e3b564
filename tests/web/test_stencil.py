"""Rows drawn by stencil say what their macro would, and escape what a template would."""

import pytest
from markupsafe import Markup, escape

from psg.web import stencil
from psg.web.stencil import Stencil, drawn, select_options
from tests.forgetful import Forgetful

HOSTILE = "<script>alert('%s')</script> & \"%d\" 100%"


def macro(app, template, name):
    return getattr(app.jinja_env.get_template(template).module, name)


def test_a_filled_stencil_is_what_the_macro_draws(app):
    with app.app_context():
        words = (
            "/x",
            "EC-7QK4-M2",
            HOSTILE,
            "",
            "",
            "People",
            "High",
            "",
            "Police & Crime",
            3,
            "",
            "9 Nov 2026",
            "",
            "",
        )
        holes = ("href", "reference", "title", "tag", "now", "about", "band", "score", "lead", "open", "overdue")
        holes += ("review", "late", "activity")
        row = Stencil("cases/rows.html", "row", holes)
        expected = (
            str(macro(app, "cases/rows.html", "row")(*words)).replace("&#39;", "&#x27;").replace("&#34;", "&quot;")
        )
        assert str(row.fill(*words)) == expected


def test_a_filled_part_escapes_text_and_keeps_markup(app):
    with app.app_context():
        late = Stencil("cases/rows.html", "late", ("words",)).filler()
        assert "<script" not in late(HOSTILE)
        assert late(HOSTILE).count("<span") == 1
        assert Markup("<b>3</b>") in late(Markup("<b>3</b>"))
        assert late("3 days overdue") == macro(app, "cases/rows.html", "late")("3 days overdue")


def test_rows_of_markup_are_not_escaped_again(app):
    with app.app_context():
        late = Stencil("cases/rows.html", "late", ("words",))
        assert late.fill(escape("a & b")).count("&amp;") == 1


def test_what_a_macro_draws_for_the_same_words_is_drawn_once_and_escaped(app):
    with app.app_context():
        tag = drawn("components/records.html", "tag", HOSTILE, "blue")
        assert "<script" not in tag
        assert tag is drawn("components/records.html", "tag", HOSTILE, "blue")


def test_what_another_thread_throws_away_meanwhile_is_given_all_the_same(app, monkeypatch):
    with app.app_context():
        monkeypatch.setitem(stencil._drawn, app.jinja_env, Forgetful())
        assert "High" in drawn("components/records.html", "tag", "High", "blue")


def test_a_macro_that_draws_an_argument_twice_is_refused(app):
    with app.app_context(), pytest.raises(ValueError, match="once and in its order"):
        Stencil("components/records.html", "tag", ("text", "tone")).fill("High", "blue")


def test_options_mark_the_chosen_one_and_escape(app):
    with app.app_context():
        options = select_options([("a", "A & B"), ("b", '"B"')], "b", empty="Any")
        assert options.count(" selected") == 1
        assert '<option value="b" selected>&quot;B&quot;</option>' in options
        assert options.startswith('<option value="">Any</option>')
        assert "A &amp; B" in options
