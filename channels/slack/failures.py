"""From what the SDK and aiohttp raise to what the outbox decides by."""

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError, SlackClientError

from channels.errors import ChannelDown, ChannelError, SendThrottled, SendUnknown
from channels.slack.codes import LACKS_TO_READ, verdict
from channels.transport import broken, retry_after

# AttributeError, LookupError, TypeError and ValueError: the reaction to an answer that is none of Slack's.
RAISED = (SlackClientError, ClientError, TimeoutError, AttributeError, LookupError, TypeError, ValueError)


def explain(error: Exception) -> ChannelError:
    """What one of `RAISED` means for the message that was being sent."""
    if isinstance(error, SlackApiError):
        return _said(error)
    if isinstance(error, ClientError | TimeoutError):
        return broken(error)
    return SendUnknown(f"the answer can't be read: {type(error).__name__}")


def explain_look(error: Exception) -> SendUnknown | ChannelDown:
    """What one of `RAISED` means for a message that was looked for: nothing is known of it, unless our account is at
    fault for all. A token that may post but not read is no fault of that kind: another look gets the same answer."""
    reason = explain(error)
    if isinstance(reason, ChannelDown) and reason.code not in LACKS_TO_READ:
        return reason
    answered = not isinstance(reason, SendUnknown | SendThrottled)
    return SendUnknown(f"the history can't be read: {reason}", answered=answered)


def _said(error: SlackApiError) -> ChannelError:
    """For an answer that isn't JSON the SDK attaches aiohttp's response instead of its own."""
    response = error.response
    status: int = getattr(response, "status_code", 0) or getattr(response, "status", 0)
    data = getattr(response, "data", None)
    word = data.get("error") if isinstance(data, dict) else ""
    return verdict(status, word if isinstance(word, str) else "", retry_after(_header(response.headers)))


def _header(headers: object) -> str:
    return str(headers.get("Retry-After", "")) if hasattr(headers, "get") else ""
