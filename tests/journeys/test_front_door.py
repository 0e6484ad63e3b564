"""Signing in and what stands before it."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.journeys.visitor import Visitor


def test_signing_in(visit: Callable[..., Visitor]) -> None:
    someone = visit()
    someone.open("/")
    someone.sees_heading("Sign in to PSG")
    someone.press("Sign in")
    someone.sees_problem("Enter")
    someone.sign_in("officer", "not the right one")
    someone.sees_problem("not right")
    someone.sign_in("officer")
    expect(someone.page).to_have_url(f"{someone.site.address}/my-work")
    cookies = {cookie["name"]: cookie for cookie in someone.context.cookies()}
    assert cookies["__Host-psg"]["secure"]
    assert cookies["__Host-psg"]["httpOnly"]
