"""The list is filtered by the bands that a partnership's own schemes name."""

import re

from psg.cases.rules import Tone, tone_words
from psg.db import transaction
from psg.partnerships.queries import names_changed
from psg.risk import queries as risk
from tests.counting import statements
from tests.risk.conftest import add_version


def _offered(page):
    select = re.search(r'<select[^>]*name="band".*?</select>', page, re.DOTALL).group()
    return dict(re.findall(r'<option value="([^"]*)"[^>]*>([^<]*)<', select))


def test_words_are_the_schemes_own():
    said = tone_words({Tone.LOW: ["Standard", "Low"], Tone.HIGHEST: ["Very high"]})
    assert list(said.items()) == [
        (Tone.HIGHEST, "Very high"),
        (Tone.LOW, "Standard or Low"),
        (Tone.NONE, "Not assessed"),
    ]


def test_a_word_that_means_two_tones_says_which():
    said = tone_words({Tone.HIGHEST: ["Very high", "High"], Tone.HIGH: ["High"], Tone.LOW: ["Low"]})
    assert said[Tone.HIGHEST] == "Very high or High (highest band)"
    assert said[Tone.HIGH] == "High (high band)"
    assert said[Tone.LOW] == "Low"


def test_without_a_scheme_the_tones_have_words():
    assert tone_words({})[Tone.MIDDLE] == "Middle band"


def test_the_list_offers_them_and_asks_for_them_once(app, world, client_for):
    browser = client_for("chair")
    offered = _offered(browser.get("/east-test/cases").text)
    assert offered == {
        "": "Any band",
        "highest": "Very high",
        "high": "High",
        "middle": "Medium",
        "low": "Standard",
        "none": "Not assessed",
    }
    with statements(app) as asked:
        shown = browser.get("/east-test/cases?band=low").text
    assert "risk_schemes" not in " ".join(asked)
    assert re.search(r"No case matches Standard\.", shown)


def test_a_new_scheme_is_named_from_the_next_page_on(app, world, client_for):
    browser = client_for("chair")
    browser.get("/east-test/cases")
    with app.app_context():
        old = risk.scheme(world.east, "example-place", "1")
        bands = [dict(band) for band in old.definition["bands"]]
        bands[0]["label"] = "Low"
        with transaction():
            add_version(old, bands=bands)
            names_changed(world.east)
    assert _offered(browser.get("/east-test/cases").text)["low"] == "Standard or Low"
