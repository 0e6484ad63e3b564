"""My work opens for everybody, says what is theirs, and is written into the audit."""

from collections.abc import Callable

import pytest

from psg.audit import queries as audit
from psg.audit.events import Event
from tests.browsing import Browser
from tests.conftest import on_both
from tests.counting import MOST, statements
from tests.worlds import PEOPLE, World

Client = Callable[[str | None], Browser]


@pytest.mark.parametrize("name", sorted(PEOPLE))
def test_opens_for_everybody(client_for: Client, name: str) -> None:
    answer = client_for(name).get("/my-work")
    assert answer.status_code == 200, answer.text
    assert f"{name.capitalize()}." in answer.text


def test_needs_a_session(client_for: Client) -> None:
    answer = client_for(None).get("/my-work")
    assert answer.status_code == 303
    assert answer.location == "/sign-in"


@pytest.mark.parametrize("page", ["/accessibility", "/privacy", "/help", "/version"])
@pytest.mark.parametrize("name", [None, "officer"])
def test_public_pages(client_for: Client, name: str | None, page: str) -> None:
    assert client_for(name).get(page).status_code == 200


def test_the_visit_is_audited(app, client_for: Client, world: World) -> None:
    client_for("officer").get("/my-work")
    with app.app_context():
        line = audit.events(None)[0]
        assert line.event is Event.HOME_LOOKED_AT
        assert line.user_id == world.people["officer"].user_id


@on_both
def test_an_agency_without_agreement_is_told(client_for: Client) -> None:
    text = client_for("nurse").get("/my-work").text
    assert "has not signed the information-sharing agreement" in text
    assert "/east-test/agreement-needed" in text


def test_links_by_role(client_for: Client) -> None:
    for name, wanted, unwanted in (
        ("officer", "/east-test/cases", "/east-test/figures"),
        ("figures", "/east-test/figures", "/east-test/cases"),
        ("governance", "/east-test/audit", "/east-test/actions"),
        ("admin", "/system/partnerships", "/east-test/"),
    ):
        text = client_for(name).get("/my-work").text
        assert f'href="{wanted}"' in text, name
        assert f'href="{unwanted}"' not in text, name


@pytest.mark.parametrize("name", ["coordinator", "chair", "both", "policelead", "governance", "admin"])
def test_never_more_than_fifteen_queries(app, client_for: Client, name: str) -> None:
    browser = client_for(name)
    browser.get("/my-work")
    with statements(app) as said:
        browser.get("/my-work")
    assert 0 < len(said) <= MOST, "\n".join(said)
