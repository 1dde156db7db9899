"""The demo's client stays signed in, as a frontend would."""

from __future__ import annotations

from tests.integration.identity.visitor import ME, Visitor

from umt.cli.demo.client import Client

ACCESS_GONE = {"token": "expired.or.so"}


def test_it_refreshes_an_access_token_that_has_expired(ada: Visitor) -> None:
    client = Client(str(ada.http.base_url), "story")
    client.sign_in({**ada.session, **ACCESS_GONE}, ada.email, ada.password)
    assert client.query(ME)["me"]["user"]["email"] == ada.email
    assert client.query(ME)["me"]["user"]["email"] == ada.email
    client.close()


def test_it_signs_in_again_when_the_refresh_token_is_used_up(ada: Visitor) -> None:
    before = ada.session
    ada.refreshes()
    client = Client(str(ada.http.base_url), "story")
    client.sign_in({**before, **ACCESS_GONE}, ada.email, ada.password)
    assert client.query(ME)["me"]["user"]["email"] == ada.email
    client.close()
