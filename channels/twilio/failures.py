"""From what the SDK and aiohttp raise to what the outbox decides by."""

from aiohttp import ClientError
from twilio.base.exceptions import (  # type: ignore[import-untyped]
    TwilioException,
    TwilioRestException,
    TwilioServiceException,
)

from channels.errors import ChannelError, SendThrottled, SendUnknown
from channels.transport import broken
from channels.twilio.codes import verdict
from channels.twilio.http import TooManyRequests

# ValueError, TypeError and AttributeError: the SDK's reaction to an answer that is no JSON object.
RAISED = (TwilioException, TooManyRequests, ClientError, TimeoutError, ValueError, TypeError, AttributeError)


def explain(error: Exception) -> ChannelError:
    """What one of `RAISED` means for the message that was being sent."""
    if isinstance(error, TooManyRequests):
        return SendThrottled(error.seconds, error.code)
    if isinstance(error, ClientError | TimeoutError):
        return broken(error)
    if isinstance(error, TwilioRestException):
        return verdict(error.status, _number(error.code), error.msg)
    if isinstance(error, TwilioServiceException):
        return verdict(error.status, _number(error.code), error.title)
    return SendUnknown(f"the answer can't be read: {type(error).__name__}")


def _number(code: object) -> int:
    return int(code) if isinstance(code, int | str) and str(code).isdecimal() else 0
