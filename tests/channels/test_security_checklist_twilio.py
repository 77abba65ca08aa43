"""The rows of the security checklist that concern Twilio's webhooks: bytes into a running gateway, rows out of its
database. ``docs/explanation/security.md`` lists them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import urlencode

import pytest
import pytest_asyncio

from channels.base import WebhookRequest
from channels.twilio.form import MAX_FIELDS
from tests.channels.signing import (
    ACCOUNT_SID,
    FORM_TYPE,
    MESSAGE_ID,
    MESSAGE_SID,
    PUBLIC_URL,
    SIGNING_SECRET,
    Pairs,
    inbound_pairs,
    payload,
    twilio_request,
    twilio_signature,
)
from tests.gateway.edge import Answered, Edge, edge

pytestmark = pytest.mark.asyncio(loop_scope="module")

NEW_TOKEN = "new-token-of-32-characters-00000"
SIDS = iter(f"SM{number:032d}" for number in range(10_000))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gate(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Edge]:
    async with edge(tmp_path_factory.mktemp("gate")) as opened:
        yield opened


def fresh(**changes: str) -> Pairs:
    """A message that was never sent before."""
    return inbound_pairs(**({"MessageSid": next(SIDS)} | changes))


async def refused(gate: Edge, request: WebhookRequest) -> int:
    """The status of a request of which nothing was kept and nothing told."""
    answer = await gate.ask(request)
    assert (answer.kept, answer.body) == (0, b"")
    return answer.status


async def taken(gate: Edge, request: WebhookRequest) -> Answered:
    answer = await gate.ask(request)
    assert (answer.status, answer.kept) == (200, 1)
    return answer


ELSEWHERE = {"route": "inbound", "target": "/webhooks/sms/inbound"}


@pytest.mark.parametrize(
    "request_",
    [
        twilio_request(inbound_pairs(), headers={"x-twilio-signature": ""}),
        twilio_request(inbound_pairs(), headers={"x-twilio-signature": "forged"}),
        twilio_request(inbound_pairs(), headers={"x-twilio-signature": "ünïcode \udcff"}),
        twilio_request(inbound_pairs(), token="another-token"),
        twilio_request(inbound_pairs(), url="http://gw.example.com"),
        replace(twilio_request(inbound_pairs(), "status"), **ELSEWHERE),
        replace(twilio_request(inbound_pairs()), headers={"content-type": FORM_TYPE}),
    ],
    ids=["empty", "forged", "no ASCII", "other token", "other scheme", "other route", "absent"],
)
async def test_01_a_forged_absent_other_routes_or_other_schemes_signature_is_403_and_nothing_is_stored(
    gate: Edge, request_: WebhookRequest
) -> None:
    assert await refused(gate, request_) == 403


@pytest.mark.parametrize(
    "sent",
    [
        inbound_pairs(Body="changed"),
        inbound_pairs(Body="Hello 👍 ñ 你"),
        inbound_pairs(From="+15559999999"),
        inbound_pairs(Added=""),
        inbound_pairs()[:-1],
        [pair for pair in inbound_pairs() if pair[1]],
        [*inbound_pairs(), ("Body", "second")],
    ],
    ids=["text", "trailing blank", "sender", "added", "removed", "blanks removed", "repeated"],
)
async def test_02_any_changed_added_or_removed_parameter_is_403(gate: Edge, sent: Pairs) -> None:
    assert await refused(gate, twilio_request(inbound_pairs(), body=urlencode(sent).encode())) == 403


@pytest.mark.parametrize("name", ["host", "x-forwarded-host", "x-forwarded-proto", "x-original-url", "x-forwarded-for"])
async def test_03_the_address_is_from_the_settings_and_headers_that_name_another_have_no_effect(
    gate: Edge, name: str
) -> None:
    headers = {name: "evil.example"}
    await taken(gate, twilio_request(fresh(), headers=headers))
    assert await refused(gate, twilio_request(fresh(), headers=headers, url="https://evil.example")) == 403


@pytest.mark.parametrize("target", ["?m=2", "", "?m=1&n=", "?m=%31", "?n=1"])
async def test_04_the_query_is_signed_as_it_was_sent(gate: Edge, target: str) -> None:
    path = "/webhooks/sms/inbound"
    await taken(gate, twilio_request(fresh(), query="?m=1"))
    assert await refused(gate, twilio_request(fresh(), query="?m=1", target=path + target)) == 403


async def test_05_repeated_keys_blank_values_and_unknown_new_parameters_still_verify(gate: Edge) -> None:
    await taken(gate, twilio_request([*fresh(Brand="new", Blank=""), ("Tag", "2"), ("Tag", "1"), ("Tag", "2")]))


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
async def test_06_a_signed_form_without_our_account_or_proper_ids_is_refused(
    gate: Edge, changes: dict[str, str], status: int
) -> None:
    assert await refused(gate, twilio_request(inbound_pairs(**changes))) == status


async def test_06_a_twin_form_with_the_same_signature_is_refused(gate: Edge) -> None:
    pairs = [("AccountSid", ACCOUNT_SID), ("Body", "hi"), ("From", "+15558675310"), ("MessageSid", MESSAGE_SID)]
    genuine = twilio_request(pairs)
    twin = replace(genuine, body=urlencode([*pairs[:1], ("Body", "hiFrom+15558675310"), pairs[3]]).encode())
    assert twilio_signature(PUBLIC_URL + twin.target, twin.body) == genuine.headers["x-twilio-signature"]
    assert await refused(gate, twin) == 400


async def test_06_a_text_can_not_become_a_second_sender(gate: Edge) -> None:
    written = inbound_pairs(Body="hiFrom+14440000000", From="+15558675310")
    others = [pair for pair in written if pair[0] not in ("Body", "From")]
    twin = [*others, ("Body", "hi"), ("From", "+14440000000"), ("From", "+15558675310")]
    assert await refused(gate, replace(twilio_request(written), body=urlencode(twin).encode())) == 400


@pytest.mark.asyncio
async def test_07_during_a_rotation_two_tokens_are_accepted_and_the_old_one_can_be_removed(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_old, by_new = twilio_request(fresh()), twilio_request(fresh(), token=NEW_TOKEN)
    previous = "POINTSMAN_CHANNELS__SMS__AUTH_TOKEN_PREVIOUS"
    monkeypatch.setenv(previous, NEW_TOKEN)
    async with edge(tmp_path_factory.mktemp("two")) as rotating:
        await taken(rotating, by_old)
        await taken(rotating, by_new)
    monkeypatch.delenv(previous)
    async with edge(tmp_path_factory.mktemp("one")) as rotated:
        assert await refused(rotated, by_new) == 403


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (twilio_request(inbound_pairs(), headers={"content-type": "application/json"}), 400),
        (twilio_request(inbound_pairs(), headers={"content-type": ""}), 400),
        (twilio_request([*inbound_pairs(), *[(f"n{n}", "") for n in range(MAX_FIELDS)]]), 400),
        (replace(twilio_request(inbound_pairs()), body=b"Body=\xff"), 400),
        (replace(twilio_request(inbound_pairs()), method="GET"), 405),
        (twilio_request(inbound_pairs(), headers={"content-encoding": "gzip"}), 415),
    ],
    ids=["JSON", "no type", "too many fields", "no UTF-8", "GET", "compressed"],
)
async def test_08_only_the_declared_content_type_is_taken_and_what_is_malformed_is_refused(
    gate: Edge, request_: WebhookRequest, status: int
) -> None:
    assert await refused(gate, request_) == status


async def test_08_the_content_type_may_name_its_charset(gate: Edge) -> None:
    headers = {"content-type": "Application/X-WWW-Form-URLEncoded; charset=UTF-8"}
    await taken(gate, twilio_request(fresh(), headers=headers))


async def test_09_a_providers_retries_and_40_doubles_at_once_leave_one_row(gate: Edge) -> None:
    request, before = twilio_request(fresh()), gate.kept()
    answers = await asyncio.gather(*(gate.ask(request) for _ in range(40)))
    again = await gate.ask(replace(request, headers={**request.headers, "i-twilio-idempotency-token": "again"}))
    assert {answer.status for answer in (*answers, again)} == {200}
    assert gate.kept() == before + 1


async def test_10_each_status_is_kept_once_and_different_ones_each(gate: Edge) -> None:
    sid, before = next(SIDS), gate.kept()
    for status in ("sent", "delivered", "sent", "delivered", "read"):
        form = payload("twilio_status") | {"MessageSid": sid, "MessageStatus": status}
        answer = await gate.ask(twilio_request(list(form.items()), "status", f"?m={MESSAGE_ID}"))
        assert answer.status == 200
    assert [one["status"] for one in gate.payloads()[before:]] == ["sent", "delivered", "read"]


async def test_18_slacks_secret_signs_nothing_of_twilio(gate: Edge) -> None:
    assert await refused(gate, twilio_request(inbound_pairs(), token=SIGNING_SECRET)) == 403


@pytest.mark.parametrize("status", ["<script>", "delivered-soon", "DELIVERED", ""])
async def test_a_status_twilio_may_add_one_day_is_answered_200_and_says_nothing(gate: Edge, status: str) -> None:
    form = payload("twilio_status") | {"MessageSid": next(SIDS), "MessageStatus": status}
    answer = await gate.ask(twilio_request(list(form.items()), "status"))
    assert (answer.status, answer.kept) == (200, 0)
