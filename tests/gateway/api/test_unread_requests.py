"""What a provider sent that was not read yet is told by its size: it may let whoever knows it act for us."""

from channels.base import KeptRequest
from gateway.incoming import request_event
from tests.gateway.desk import NOW, SMS, Client, Desk

SECRET = "https://hooks.slack.com/actions/T1/2/the-secret-of-this-answer"
BODY = f'payload={{"token": "verification", "response_url": "{SECRET}"}}'


async def test_an_unread_request_is_told_without_what_lets_others_answer_for_us(desk: Desk, api: Client) -> None:
    event = request_event(SMS, KeptRequest("1.2", "U1", "actions", BODY), NOW)
    number = await desk.storage.run(lambda t: t.inbox.keep_once(event))
    response = await api.get(f"/events/{number}")
    text, told = await response.text(), await response.json()

    assert response.status == 200
    assert (told["kind"], told["payload"]["channel"]) == ("request", "sms")
    assert told["payload"]["body"] == f"({len(BODY)} characters)"
    assert "the-secret" not in text
    assert "verification" not in text
