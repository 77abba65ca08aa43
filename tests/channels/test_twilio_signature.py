"""The verifier against Twilio's published vectors and against the SDK's own; what an adapter shows."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from channels.errors import WebhookRefused
from channels.twilio.signature import Verifier
from tests.channels.signing import Pairs, Repeating, inbound_pairs, sms, twilio_request

DOCUMENTED_TARGET = "/myapp.php?foo=1&bar=2"
DOCUMENTED = [("CallSid", "CA1234567890ABCDE"), ("Digits", "1234"), ("To", "+18005551212")]
TOKEN = "12345"


@pytest.mark.parametrize(
    ("caller", "signature"),
    [("+14158675309", "RSOYDt4T1cUTdK1PDd93/VVr8B8="), ("+12349013030", "0/KCTR6DLpKmkAf8muzZqo1nDgQ=")],
)
def test_the_published_vectors_verify(caller: str, signature: str) -> None:
    verifier = Verifier("https://mycompany.com", (TOKEN,))
    pairs = [*DOCUMENTED, ("Caller", caller), ("From", caller)]
    assert verifier.accepts(DOCUMENTED_TARGET, pairs, signature)
    assert not verifier.accepts(DOCUMENTED_TARGET, [*pairs, ("More", "")], signature)


@pytest.mark.parametrize(
    "signed_at",
    [
        "https://a.example",
        "https://a.example:443",
        "https://a.example:8443",
        "http://a.example",
        "http://a.example:80",
        "https://A.example",
        "https://a.example/",
        "https://b.example",
    ],
)
@pytest.mark.parametrize(
    "public_url",
    [
        "https://a.example",
        "https://a.example:443",
        "https://a.example:8443",
        "http://a.example",
        "http://a.example:8080",
    ],
)
@pytest.mark.parametrize(
    "pairs",
    [
        [],
        [("Body", "")],
        [("Body", "👍 ñ 你 "), ("From", "+1")],
        [("x", "2"), ("x", "1"), ("x", "2")],
        [("b", "1"), ("a", "2"), ("B", "3")],
    ],
)
def test_the_verifier_agrees_with_the_sdk(signed_at: str, public_url: str, pairs: Pairs) -> None:
    sdk = RequestValidator(TOKEN)
    signature = sdk.compute_signature(signed_at + "/in?m=1", Repeating(pairs))
    expected = sdk.validate(public_url + "/in?m=1", Repeating(pairs), signature)
    assert Verifier(public_url, (TOKEN,)).accepts("/in?m=1", pairs, signature) == expected


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=6), st.text(max_size=30))
def test_any_pairs_verify_as_with_the_sdk_and_any_other_signature_does_not(pairs: Pairs, forged: str) -> None:
    verifier = Verifier("https://a.example", (TOKEN,))
    signature = RequestValidator(TOKEN).compute_signature("https://a.example/in", Repeating(pairs))
    assert verifier.accepts("/in", pairs, signature)
    assert not verifier.accepts("/in", pairs, forged)


def test_a_fragment_of_the_public_url_is_never_signed() -> None:
    signature = RequestValidator(TOKEN).compute_signature("https://a.example/in", {})
    assert Verifier("https://a.example#rc=5&rp=all", (TOKEN,)).accepts("/in", [], signature)


@pytest.mark.parametrize("tokens", [(), ("",), (TOKEN, "")])
def test_a_verifier_without_a_token_is_refused(tokens: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="token"):
        Verifier("https://a.example", tokens)


def test_an_adapter_shows_no_secret() -> None:
    assert sms().auth_tokens[0] not in repr(sms())


def test_an_unknown_route_is_not_found() -> None:
    with pytest.raises(WebhookRefused) as error:
        sms().receive(replace(twilio_request(inbound_pairs()), route="voice"))
    assert error.value.status == 404
