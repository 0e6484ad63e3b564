from tests.conftest import on_both


@on_both
def test_world(context, world):
    v = world.viewer("officer")
    assert v.standings[world.east].agreement_signed
    assert not world.viewer("nurse").standings[world.east].agreement_signed
    assert not world.viewer("suspended").standings


@on_both
def test_sign_in_page(client_for):
    r = client_for(None).get("/sign-in")
    assert r.status_code == 200, r.text
