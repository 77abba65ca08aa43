"""Which webhooks are refused: the rows t01 to t12 of the security checklist."""

from dataclasses import replace
from urllib.parse import urlencode

import pytest

from channels.base import WebhookRequest
from channels.errors import WebhookRefused
from channels.twilio.form import MAX_FIELDS
from tests.channels.signing import (
    ACCOUNT_SID,
    FORM_TYPE,
    MESSAGE_ID,
    MESSAGE_SID,
    PUBLIC_URL,
    SIGNING_SECRET,
    TOKEN,
    Pairs,
    inbound_pairs,
    sms,
    twilio_request,
    twilio_signature,
)


def refused(request: WebhookRequest, **options: object) -> int:
    with pytest.raises(WebhookRefused) as error:
        sms(**options).receive(request)
    return error.value.status


def test_t01_a_signed_message_is_taken() -> None:
    assert len(sms().receive(twilio_request(inbound_pairs())).items) == 1


@pytest.mark.parametrize(
    "signed",
    [
        twilio_request(inbound_pairs(), headers={"x-twilio-signature": ""}),
        twilio_request(inbound_pairs(), headers={"x-twilio-signature": "forged"}),
        twilio_request(inbound_pairs(), headers={"x-twilio-signature": "ünïcode \udcff"}),
        twilio_request(inbound_pairs(), token="another-token"),
        twilio_request(inbound_pairs(), token=SIGNING_SECRET),
        twilio_request(inbound_pairs(), url="http://gw.example.com"),
        replace(twilio_request(inbound_pairs(), "status"), route="inbound", target="/webhooks/sms/inbound"),
    ],
    ids=["absent", "forged", "no ASCII", "other token", "s10 Slack's secret", "other scheme", "other route"],
)
def test_t02_a_request_twilio_did_not_sign_is_forbidden(signed: WebhookRequest) -> None:
    assert refused(signed) == 403


def test_t02_a_request_without_the_signature_header_is_forbidden() -> None:
    assert refused(replace(twilio_request(inbound_pairs()), headers={"content-type": FORM_TYPE})) == 403


@pytest.mark.parametrize(
    "sent",
    [
        inbound_pairs(Body="changed"),
        inbound_pairs(From="+15559999999"),
        inbound_pairs(Added=""),
        inbound_pairs()[:-1],
        [pair for pair in inbound_pairs() if pair[1]],
        [*inbound_pairs(), ("Body", "second")],
    ],
    ids=["text", "sender", "added", "removed", "blanks removed", "repeated"],
)
def test_t03_a_changed_parameter_is_forbidden(sent: Pairs) -> None:
    assert refused(twilio_request(inbound_pairs(), body=urlencode(sent).encode())) == 403


def test_t04_trailing_blanks_of_the_text_are_signed() -> None:
    body = urlencode(inbound_pairs(Body="Hello 👍 ñ 你")).encode()
    assert refused(twilio_request(inbound_pairs(), body=body)) == 403


@pytest.mark.parametrize("name", ["host", "x-forwarded-host", "x-forwarded-proto", "x-original-url"])
def test_t05_headers_that_name_another_address_have_no_effect(name: str) -> None:
    headers = {name: "evil.example"}
    assert sms().receive(twilio_request(inbound_pairs(), headers=headers)).items
    assert refused(twilio_request(inbound_pairs(), headers=headers, url="https://evil.example")) == 403


@pytest.mark.parametrize("target", ["?m=2", "", "?m=1&n=", "?m=%31"])
def test_t06_the_query_is_signed_as_it_was_sent(target: str) -> None:
    path = "/webhooks/sms/inbound"
    assert sms().receive(twilio_request(inbound_pairs(), query="?m=1")).items
    assert refused(twilio_request(inbound_pairs(), query="?m=1", target=path + target)) == 403


def test_t07_repeated_and_unknown_parameters_still_verify() -> None:
    pairs = [*inbound_pairs(Brand="new", Blank=""), ("Tag", "2"), ("Tag", "1"), ("Tag", "2")]
    assert sms().receive(twilio_request(pairs)).items


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"AccountSid": "AC" + "9" * 32}, 403),
        ({"AccountSid": ""}, 403),
        ({"MessageSid": ""}, 400),
        ({"MessageSid": MESSAGE_SID + "NumMedia0"}, 400),
        ({"From": ""}, 400),
        ({"From": "+15558675310FromCitySAN FRANCISCO"}, 400),
    ],
)
def test_t09_a_signed_form_without_our_account_or_proper_ids_is_refused(changes: dict[str, str], status: int) -> None:
    assert refused(twilio_request(inbound_pairs(**changes))) == status


def test_t10_a_twin_form_with_the_same_signature_is_refused() -> None:
    pairs = [("AccountSid", ACCOUNT_SID), ("Body", "hi"), ("From", "+15558675310"), ("MessageSid", MESSAGE_SID)]
    swallowed = [*pairs[:1], ("Body", "hiFrom+15558675310"), pairs[3]]
    genuine = twilio_request(pairs)
    twin = replace(genuine, body=urlencode(swallowed).encode())
    assert twilio_signature(PUBLIC_URL + twin.target, twin.body) == genuine.headers["x-twilio-signature"]
    assert refused(twin) == 400


def test_t10_a_text_can_not_become_a_second_sender() -> None:
    written = inbound_pairs(Body="hiFrom+14440000000", From="+15558675310")
    genuine = twilio_request(written)
    others = [pair for pair in written if pair[0] not in ("Body", "From")]
    twin = [*others, ("Body", "hi"), ("From", "+14440000000"), ("From", "+15558675310")]
    assert refused(replace(genuine, body=urlencode(twin).encode())) == 400


def test_t11_during_a_rotation_both_tokens_are_accepted_and_afterwards_one() -> None:
    by_old, by_new = twilio_request(inbound_pairs()), twilio_request(inbound_pairs(), token="new-token")
    for signed in (by_old, by_new):
        assert sms(auth_tokens=("new-token", TOKEN)).receive(signed).items
    assert refused(by_old, auth_tokens=("new-token",)) == 403


@pytest.mark.parametrize(
    "request_",
    [
        twilio_request(inbound_pairs(), headers={"content-type": "application/json"}),
        twilio_request(inbound_pairs(), headers={"content-type": ""}),
        twilio_request([*inbound_pairs(), *[(f"n{n}", "") for n in range(MAX_FIELDS)]]),
        replace(twilio_request(inbound_pairs()), body=b"Body=\xff"),
        replace(twilio_request(inbound_pairs()), method="GET"),
    ],
    ids=["JSON", "no type", "too many fields", "no UTF-8", "GET"],
)
def test_t12_what_is_no_proper_form_is_malformed(request_: WebhookRequest) -> None:
    assert refused(request_) == 400


def test_the_content_type_may_name_its_charset() -> None:
    headers = {"content-type": "Application/X-WWW-Form-URLEncoded; charset=UTF-8"}
    assert sms().receive(twilio_request(inbound_pairs(), headers=headers)).items


def test_an_unknown_route_is_not_found() -> None:
    assert refused(replace(twilio_request(inbound_pairs()), route="voice")) == 404


def test_no_secret_is_shown() -> None:
    assert TOKEN not in repr(sms())
    assert MESSAGE_ID not in repr(sms())
