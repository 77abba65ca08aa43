"""Slack's error words as data (docs: the error tables of chat.postMessage and of all Web API methods).

An ``ok: false`` that isn't listed is a definite no to this message.
"""

from channels.errors import ChannelDown, ChannelError, SendRefused, SendThrottled, SendUnknown
from channels.transport import THROTTLED_SECONDS

ACCOUNT = {
    "access_denied": "access denied",
    "accesslimited": "access from this address is limited",
    "account_inactive": "the bot's account is gone",
    "app_uninstalled": "the app is uninstalled",
    "ekm_access_denied": "the encryption key is withdrawn",
    "enterprise_is_restricted": "the enterprise is restricted",
    "invalid_auth": "the token is wrong",
    "missing_scope": "the token lacks a scope",
    "no_permission": "the token lacks a permission",
    "not_allowed_token_type": "the token is of the wrong type",
    "not_authed": "no token was sent",
    "org_login_required": "the workspace is being migrated",
    "team_access_not_granted": "the token isn't for this workspace",
    "token_expired": "the token has expired",
    "token_revoked": "the token is revoked",
    "two_factor_setup_required": "the account needs two-factor sign-in",
}

# Of the above, what says that the token may not do this, and nothing about what else it may do.
LACKS_TO_READ = frozenset({"missing_scope", "no_permission", "not_allowed_token_type"})

THROTTLED_FOR_SECONDS = {
    "message_limit_exceeded": 60.0,
    "rate_limited": THROTTLED_SECONDS,
    "ratelimited": THROTTLED_SECONDS,
    "team_added_to_org": 60.0,
}

# Slack says of these that the method may have done its work before it failed.
UNKNOWN = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})

PERMANENT = {
    "cannot_dm_bot": "a bot can't be written to",
    "channel_not_found": "no such channel",
    "invalid_blocks": "the buttons are refused",
    "is_archived": "the channel is archived",
    "messages_tab_disabled": "the app takes no direct messages",
    "msg_blocks_too_long": "the text is too long",
    "msg_too_long": "the text is too long",
    "no_text": "no text",
    "not_in_channel": "the bot isn't in the channel",
    "restricted_action": "the workspace forbids it",
    "thread_not_found": "no such thread",
    "user_disabled": "the user is deactivated",
    "user_not_found": "no such user",
    "users_not_found": "no such user",
}


def verdict(http_status: int, error: str, wait_seconds: float) -> ChannelError:
    """What a failed call means for the message: its HTTP status, Slack's error word ("": none), its Retry-After."""
    if http_status == 429 or error in THROTTLED_FOR_SECONDS:
        return SendThrottled(max(wait_seconds, THROTTLED_FOR_SECONDS.get(error, 0.0)), error or "429")
    if http_status >= 500 or error in UNKNOWN:
        return SendUnknown(error or f"HTTP {http_status}")
    if error in ACCOUNT:
        return ChannelDown(error, ACCOUNT[error])
    if error:
        return SendRefused(error, PERMANENT.get(error, error))
    return ChannelDown(str(http_status), "refused") if http_status in (401, 403) else SendUnknown(f"HTTP {http_status}")
