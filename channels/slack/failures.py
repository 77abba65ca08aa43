"""From what the SDK and aiohttp raise to what the outbox decides by."""

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError, SlackClientError

from channels.errors import ChannelError, SendUnknown
from channels.slack.codes import verdict
from channels.transport import broken, retry_after

# AttributeError, TypeError and ValueError: the SDK's reaction to an answer that is no JSON object.
RAISED = (SlackClientError, ClientError, TimeoutError, AttributeError, TypeError, ValueError)


def explain(error: Exception) -> ChannelError:
    """What one of `RAISED` means for the message that was being sent."""
    if isinstance(error, SlackApiError):
        return _said(error)
    if isinstance(error, ClientError | TimeoutError):
        return broken(error)
    return SendUnknown(f"the answer can't be read: {type(error).__name__}")


def _said(error: SlackApiError) -> ChannelError:
    """For an answer that isn't JSON the SDK attaches aiohttp's response instead of its own."""
    response = error.response
    status: int = getattr(response, "status_code", 0) or getattr(response, "status", 0)
    data = getattr(response, "data", None)
    word = data.get("error") if isinstance(data, dict) else ""
    return verdict(status, word if isinstance(word, str) else "", retry_after(_header(response.headers)))


def _header(headers: object) -> str:
    return str(headers.get("Retry-After", "")) if hasattr(headers, "get") else ""
