"""Bolt as a reader of kept requests, behind the edge: what is verified and kept is dispatched to its listeners.

At the edge Bolt answers 200 before its listeners ran and parses before it verifies; here neither matters.
"""

import logging
import re
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_sdk.web.async_client import AsyncWebClient

from channels.base import InboundMessage, KeptRequest
from channels.slack.body import parse
from channels.slack.heard import from_actions, from_command, from_event

_HEARD = "heard"
_ANYTHING = re.compile("")

# Both libraries write whole payloads at DEBUG, and take an unset level for DEBUG.
log = logging.getLogger(__name__)
log.setLevel(logging.WARNING)


class Reader:
    """A Bolt app whose listeners collect what people say. It never calls Slack: one token, no look-ups."""

    def __init__(self, name: str, bot_token: str) -> None:
        async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
            return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=bot_token)

        self._app = AsyncApp(
            name=name,
            logger=log,
            client=AsyncWebClient(logger=log, retry_handlers=[]),
            authorize=authorize,
            process_before_response=True,
            raise_error_for_unhandled_request=True,
            request_verification_enabled=False,
            ssl_check_enabled=False,
            url_verification_enabled=False,
            ignoring_self_events_enabled=False,
            attaching_function_token_enabled=False,
            attaching_conversation_kwargs_enabled=False,
        )
        _listen(self._app)

    async def read(self, kept: KeptRequest) -> tuple[InboundMessage, ...]:
        """What a kept request says; () where no listener is for it. Raises what a listener raises."""
        heard: list[InboundMessage] = []
        # As a parsed body: from text Bolt takes a command that says "payload" for an interaction and drops it.
        # Without headers: X-Slack-Bolt-* would steer Bolt.
        body = parse(kept.route, kept.body)
        await self._app.async_dispatch(AsyncBoltRequest(body=body, context={_HEARD: heard}, mode="socket_mode"))
        return tuple(heard)


def _listen(app: AsyncApp) -> None:
    app.event("message")(_hear_event)
    app.event("app_mention")(_hear_event)
    app.block_action(_ANYTHING)(_hear_action)
    app.command(_ANYTHING)(_hear_command)
    app.error(_fail)


async def _hear_event(body: dict[str, Any], context: AsyncBoltContext) -> None:
    context[_HEARD].extend(from_event(body))


async def _hear_action(body: dict[str, Any], context: AsyncBoltContext, ack: AsyncAck) -> None:
    context[_HEARD].extend(from_actions(body))
    await ack()


async def _hear_command(body: dict[str, Any], context: AsyncBoltContext, ack: AsyncAck) -> None:
    context[_HEARD].extend(from_command(body))
    await ack()


async def _fail(error: Exception) -> None:
    """Let an error out (Bolt would log it and go on); what no listener is for (edits of views, joins) says nothing."""
    if not isinstance(error, BoltUnhandledRequestError):
        raise error
