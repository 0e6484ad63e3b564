"""What is ticked beforehand among the lawful bases of a referral: only what the partnership itself names."""

import re

from sqlalchemy import select

from psg.cases.models import Case
from psg.db import db, transaction
from psg.partnerships import operations as partnerships
from psg.partnerships.models import Term
from tests.cases.test_log_journey import WHAT, WHY, begin, case_at


def _terms(*codes):
    found = select(Term).where(Term.list == "lawful-bases", Term.code.in_(codes))
    return list(db.session.scalars(found))


def _ticked(page):
    boxes = re.findall(r'<input[^>]*name="(?:lawful_basis|more_bases)"[^>]*>', page)
    return {re.search(r'value="([^"]+)"', box).group(1) for box in boxes if " checked" in box}


def test_none_is_ticked_where_the_partnership_names_none(client_for):
    browser = client_for("officer")
    draft = begin(browser)
    shown = browser.get(f"{draft}/log/why").text
    assert _ticked(shown) == set()
    assert "None is ticked beforehand" in shown
    answer = browser.submit(f"{draft}/log/why", {name: words for name, words in WHY.items() if name != "lawful_basis"})
    assert answer.status_code == 422
    assert "Select what allows you to share this" in answer.text


def test_what_the_coordinator_marks_as_usual_is_ticked(app, world, client_for):
    with app.app_context():
        term = next(one for one in _terms("public-task") if one.partnership_id == world.east)
        address, words = f"/east-test/lists/lawful-bases/{term.id}", {"label": term.label, "hint": term.hint}
    coordinator = client_for("coordinator")
    assert coordinator.submit(address, words).status_code == 422, "whether it is usual has to be said"
    assert coordinator.submit(address, words | {"common": "yes"}).status_code == 303
    assert "Usual basis: ticked beforehand" in coordinator.get("/east-test/lists/lawful-bases").text
    browser = client_for("officer")
    shown = browser.get(f"{begin(browser)}/log/why").text
    assert _ticked(shown) == {"public-task"}
    assert "Read each line, and untick what does not hold here" in shown
    assert coordinator.submit(address, words | {"common": "no"}).status_code == 303
    assert _ticked(browser.get(f"{begin(browser)}/log/why").text) == set()


def test_what_was_chosen_before_stays_chosen(app, world, client_for):
    browser = client_for("officer")
    draft = begin(browser)
    assert browser.submit(f"{draft}/log/what", WHAT).status_code == 303
    assert browser.submit(f"{draft}/log/why", WHY | {"lawful_basis": ["vital-interests"]}).status_code == 422
    assert browser.submit(f"{draft}/log/why", WHY | {"more_bases": ["vital-interests"]}).status_code == 303
    with app.app_context():
        case: Case = case_at(world, draft)
        assert set(case.lawful_basis.split()) == {*WHY["lawful_basis"], "vital-interests"}
        usual = next(one for one in _terms("sch1-10") if one.partnership_id == world.east)
        with transaction():
            partnerships.change_term(
                usual, label=usual.label, hint="", valid_until=None, common=True, by=world.viewer("coordinator")
            )
    assert _ticked(browser.get(f"{draft}/log/why").text) == {*WHY["lawful_basis"], "vital-interests"}


def test_other_lists_do_not_ask_whether_an_entry_is_usual(app, world, client_for):
    with app.app_context():
        theme = db.session.scalars(select(Term).where(Term.list == "themes", Term.partnership_id == world.east)).first()
        address, label, common = f"/east-test/lists/themes/{theme.id}", theme.label, theme.common
    coordinator = client_for("coordinator")
    assert "usual basis" not in coordinator.get(address).text
    assert coordinator.submit(address, {"label": label, "hint": "New"}).status_code == 303
    with app.app_context():
        assert db.session.scalars(select(Term.common).where(Term.id == theme.id)).one() == common
