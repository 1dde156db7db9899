"""Other programs verify our tokens with what /.well-known/jwks.json tells them."""

from __future__ import annotations

import httpx
from joserfc import jwt
from joserfc.jwk import OKPKey
from tests.integration.keys.kit import rotate_signing

from umt.api.app import create_app
from umt.bootstrap import system
from umt.bootstrap.services import services_of
from umt.settings import Settings


async def test_the_key_set_is_published(installation: Settings) -> None:
    rotate_signing(installation)
    with system(installation) as served:
        transport = httpx.ASGITransport(create_app(services_of(served, {})))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            answer = await client.get("/.well-known/jwks.json")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/jwk-set+json"
        assert answer.headers["cache-control"] == "public, max-age=60"
        keys = answer.json()["keys"]
        assert len(keys) == 2
        for key in keys:
            assert {**key, "x": "", "kid": ""} == {
                "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "Ed25519", "x": "", "kid": "",
            }  # fmt: skip
        private = served.signing_keys.signing()
        text = jwt.encode({"alg": "Ed25519", "kid": private.kid}, {"sub": "ada"}, private, ["Ed25519"])
        imported = {key["kid"]: OKPKey.import_key(key) for key in keys}
        assert jwt.decode(text, lambda obj: imported[obj.headers()["kid"]], ["Ed25519"]).claims == {"sub": "ada"}
