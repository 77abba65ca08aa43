"""One Twilio account, as the SDK speaks to it."""

from datetime import UTC, datetime
from typing import Any

from twilio.rest import Client  # type: ignore[import-untyped]

from channels.transport import Connections
from channels.twilio.http import TwilioHttp

# A messaging service instead of a number: it has its own parameter and its own field in the answers.
_SERVICE_PREFIX = "MG"
_SERVICE_LENGTH = 34


def open_client(account_sid: str, auth_token: str, api_url: str, connections: Connections) -> Any:
    """The SDK's client over our connections; ``api_url`` "" for Twilio's own address. Sends nothing yet."""
    # A non-empty environment, so that TWILIO_EDGE and its kin don't override the settings.
    client = Client(account_sid, auth_token, http_client=TwilioHttp(connections), environment={"TWILIO_EDGE": ""})
    if api_url:
        client.api.base_url = client.messaging.base_url = api_url
    return client


def is_service(sender: str) -> bool:
    """Whether a sender is a messaging service."""
    return sender.startswith(_SERVICE_PREFIX) and len(sender) == _SERVICE_LENGTH


def made_at(listed: Any) -> datetime:
    """When a listed message was made (UTC); the end of time where Twilio doesn't say."""
    made = listed.date_created
    return made if isinstance(made, datetime) else datetime.max.replace(tzinfo=UTC)
