"""From what the SDK and aiohttp raise to what the outbox decides by."""

from aiohttp import ClientError
from twilio.base.exceptions import (  # type: ignore[import-untyped]
    TwilioException,
    TwilioRestException,
    TwilioServiceException,
)
from twilio.http.response import Response  # type: ignore[import-untyped]

from channels.errors import ChannelDown, ChannelError, SendThrottled, SendUnknown
from channels.transport import broken
from channels.twilio.codes import verdict
from channels.twilio.http import TooManyRequests, told_in

OK = 200

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
    if (status := _status_of_page(error)) is not None:
        return status
    return SendUnknown(f"the answer can't be read: {type(error).__name__}")


def _status_of_page(error: Exception) -> ChannelError | None:
    """For a list that isn't answered 200 the SDK raises a bare exception with the response beside its words."""
    answer = error.args[1] if len(error.args) > 1 else None
    if not isinstance(answer, Response) or answer.status_code == OK:
        return None
    code, told = told_in(answer.text)
    return verdict(answer.status_code, _number(code), told)


def explain_look(error: Exception) -> SendUnknown | ChannelDown:
    """What one of `RAISED` means for a message that was looked for: nothing is known of it, unless our account is at
    fault for all."""
    reason = explain(error)
    if isinstance(reason, ChannelDown):
        return reason
    answered = not isinstance(reason, SendUnknown | SendThrottled)
    return SendUnknown(f"the list can't be read: {reason}", answered=answered)


def _number(code: object) -> int:
    return int(code) if isinstance(code, int | str) and str(code).isdecimal() else 0
