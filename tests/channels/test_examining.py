"""What a channel finds out about its account, from answers as providers give them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from channels.errors import ChannelDown, SendThrottled, SendUnknown, Unreachable
from channels.examining import moment_of
from channels.sandbox.twilio_account import TwilioAccount
from channels.slack.adapter import Slack
from channels.twilio.adapter import TwilioSms
from tests.channels.provider import Provider

ACCOUNT, SERVICE, NUMBER = "AC" + "0" * 32, "MG" + "0" * 32, "+15550001111"
OURS = "https://gateway.example.org/webhooks/sms/inbound"
DATE = "Mon, 01 Mar 2027 08:00:00 GMT"
SCOPES = {"X-OAuth-Scopes": "chat:write,im:write,im:history"}
BOT = {"ok": True, "team_id": "T0123ABCD", "user_id": "U0BOT"}


@pytest.fixture
async def sms(provider: Provider) -> AsyncIterator[TwilioSms]:
    async for adapter in opened(provider, NUMBER):
        yield adapter


@pytest.fixture
async def service(provider: Provider) -> AsyncIterator[TwilioSms]:
    async for adapter in opened(provider, SERVICE):
        yield adapter


async def opened(provider: Provider, sender: str) -> AsyncIterator[TwilioSms]:
    adapter = TwilioSms("sms", ACCOUNT, ("token",), sender, "https://gateway.example.org", provider.url)
    yield adapter
    await adapter.close()


@pytest.fixture
async def slack(provider: Provider) -> AsyncIterator[Slack]:
    adapter = Slack("slack", ("secret",), "xoxb-1", "T0123ABCD", "A0123ABCD", f"{provider.url}/")
    yield adapter
    await adapter.close()


def account(provider: Provider, status: str = "active") -> None:
    provider.will_answer({"sid": ACCOUNT, "status": status}, Date=DATE)


def number(provider: Provider, **told: Any) -> None:
    one = {"phone_number": NUMBER, "sms_url": OURS, "sms_method": "POST", **told}
    provider.will_answer({"incoming_phone_numbers": [one], "page": 0})


async def test_twilio_tells_the_account_its_time_and_where_it_sends_what_people_write(
    sms: TwilioSms, provider: Provider
) -> None:
    account(provider)
    number(provider)
    told = await sms.examine()

    assert told.account == f"account {ACCOUNT}, active"
    assert (told.at, told.webhooks, told.doubts) == (datetime(2027, 3, 1, 8, tzinfo=UTC), {"inbound": OURS}, ())
    asked = [(one["path"], one["query"].get("PhoneNumber", "")) for one in provider.heard]
    root = f"/2010-04-01/Accounts/{ACCOUNT}"
    assert asked == [(f"{root}.json", ""), (f"{root}/IncomingPhoneNumbers.json", NUMBER)]
    assert all(one["headers"]["Authorization"].startswith("Basic ") for one in provider.heard)


async def test_an_account_that_is_suspended_and_a_number_that_is_not_ours_are_doubted(
    sms: TwilioSms, provider: Provider
) -> None:
    account(provider, "suspended")
    provider.will_answer({"incoming_phone_numbers": [], "page": 0})
    told = await sms.examine()

    assert ["suspended" in told.doubts[0], NUMBER in told.doubts[1]] == [True, True]
    assert told.webhooks == {}


@pytest.mark.parametrize(
    ("settings", "webhooks", "doubt"),
    [
        ({"sms_url": ""}, {"inbound": ""}, ""),
        ({"sms_url": None, "sms_method": None}, {"inbound": ""}, ""),
        ({"sms_method": "GET"}, {"inbound": OURS}, "GET"),
        ({"sms_application_sid": "AP1"}, {}, "TwiML"),
    ],
)
async def test_a_number_may_send_elsewhere_or_otherwise(
    sms: TwilioSms, provider: Provider, settings: dict[str, Any], webhooks: dict[str, str], doubt: str
) -> None:
    account(provider)
    number(provider, **settings)
    told = await sms.examine()

    assert told.webhooks == webhooks
    assert [doubt in one for one in told.doubts] == [True] * bool(doubt)


@pytest.mark.parametrize(("on_number", "webhooks"), [(False, {"inbound": OURS}), (True, {})])
async def test_a_messaging_service_tells_its_own_webhook(
    service: TwilioSms, provider: Provider, on_number: bool, webhooks: dict[str, str]
) -> None:
    account(provider)
    told = {"inbound_request_url": OURS, "inbound_method": "POST", "use_inbound_webhook_on_number": on_number}
    provider.will_answer({"sid": SERVICE, **told})
    examined = await service.examine()

    assert (examined.webhooks, len(examined.doubts)) == (webhooks, int(on_number))
    assert provider.heard[1]["path"] == f"/v1/Services/{SERVICE}"


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {"code": 20003, "message": "Authenticate"}, ChannelDown),
        (404, {"code": 20404, "message": "not found"}, ChannelDown),
        (429, {"code": 20429, "message": "Too Many Requests"}, SendThrottled),
        (500, {}, SendUnknown),
        (200, "<html>", SendUnknown),
    ],
)
async def test_twilio_says_no_or_nothing_of_use(
    sms: TwilioSms, provider: Provider, status: int, body: object, error: type[Exception]
) -> None:
    provider.will_answer(body, status)
    with pytest.raises(error):
        await sms.examine()


async def test_slack_tells_the_workspace_and_its_time(slack: Slack, provider: Provider) -> None:
    provider.will_answer(BOT, Date=DATE, **SCOPES)
    told = await slack.examine()

    assert (told.account, told.doubts) == ("workspace T0123ABCD, bot U0BOT", ())
    assert told.at == datetime(2027, 3, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("bot", "scopes", "doubt"),
    [
        ({**BOT, "team_id": "T0OTHER"}, SCOPES, "T0OTHER"),
        (BOT, {"X-OAuth-Scopes": "chat:write"}, "im:history, im:write"),
    ],
)
async def test_a_token_of_another_workspace_or_that_lacks_a_scope_is_doubted(
    slack: Slack, provider: Provider, bot: dict[str, Any], scopes: dict[str, str], doubt: str
) -> None:
    provider.will_answer(bot, **scopes)
    (told,) = (await slack.examine()).doubts

    assert doubt in told


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"ok": False, "error": "invalid_auth"}, ChannelDown),
        ({"ok": True}, SendUnknown),
        ("<html>", SendUnknown),
    ],
)
async def test_slack_says_no_or_nothing_of_use(
    slack: Slack, provider: Provider, body: object, error: type[Exception]
) -> None:
    provider.will_answer(body)
    with pytest.raises(error):
        await slack.examine()


async def test_a_provider_that_nobody_reaches_is_told_as_that() -> None:
    adapter = TwilioSms("sms", ACCOUNT, ("token",), NUMBER, "https://gateway.example.org", "http://127.0.0.1:9")
    with pytest.raises(Unreachable):
        await adapter.examine()
    await adapter.close()


@pytest.mark.parametrize("date", ["", "None", None, "yesterday", "Mon, 99 Foo 2027 08:00:00 GMT"])
def test_what_is_no_date_tells_no_time(date: object) -> None:
    assert moment_of(date) is None


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        (f"2010-04-01/Accounts/{ACCOUNT}.json", 200, "active"),
        (f"2010-04-01/Accounts/{ACCOUNT[:-1]}1.json", 404, "20404"),
        (f"2010-04-01/Accounts/{ACCOUNT}/IncomingPhoneNumbers.json", 200, OURS),
        (f"v1/Services/{SERVICE}", 200, OURS),
        (f"v1/Services/{SERVICE[:-1]}1", 404, "20404"),
    ],
)
def test_the_sandbox_tells_its_account_as_twilio_does(path: str, status: int, told: str) -> None:
    answer = TwilioAccount(ACCOUNT, NUMBER, SERVICE, OURS).answer(f"/sandbox/twilio/sms/{path}", {})

    assert answer
    assert answer.status == status
    assert told in answer.body.decode()
    assert TwilioAccount(ACCOUNT, NUMBER, SERVICE, OURS).answer("/sandbox/twilio/sms/elsewhere", {}) is None
