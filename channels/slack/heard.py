"""What people said, out of Slack's payloads: messages and mentions, clicked buttons, slash commands."""

from collections.abc import Iterator

from channels.base import InboundMessage
from channels.slack.body import Body, section, word
from channels.slack.media import media_of
from channels.slack.words import mentions, plain, without_mention
from channels.text import keepable

# A plain message, one with files, and a reply in a thread "also sent to the channel". The rest are edits and notices.
SAID = frozenset({"", "file_share", "thread_broadcast"})
SLACKBOT = "USLACKBOT"


def from_event(body: Body) -> Iterator[InboundMessage]:
    """The message of an ``event_callback``, if a person said it: directly, with a mention, or in a thread.

    Talk in a thread that doesn't mention us isn't addressed to us; whether the thread is one of ours is for the
    gateway to know. A mention arrives twice, as app_mention and as a message of the channel; both give the same.
    """
    event, own = section(body, "event"), _own_users(body)
    channel, ts, text = word(event, "channel"), word(event, "ts"), word(event, "text")
    if not channel or not ts or not _is_a_persons(event, own):
        return
    mentioned = word(event, "type") == "app_mention" or mentions(text, own)
    direct = channel.startswith("D")
    if not (direct or mentioned or word(event, "thread_ts")):
        return
    if mentioned:
        text = without_mention(text, own)
    thread = "" if direct else f"{channel}:{word(event, 'thread_ts') or ts}"
    said = _message(f"{channel}:{ts}", word(event, "user"), plain(text), thread, direct or mentioned)
    yield said._replace(media=media_of(event))


def from_actions(body: Body) -> Iterator[InboundMessage]:
    """The value of each button clicked, said in the thread of the message that shows it."""
    user, thread, shown = word(section(body, "user"), "id"), _thread_of_click(body), _message_of_click(body)
    for action in body.get("actions") or []:
        value, acted = word(action, "value"), word(action, "action_ts")
        if user and value and word(action, "type") == "button":
            said = _message(f"{word(body, 'trigger_id')}:{acted}", user, value, thread)
            yield said._replace(answers=keepable(shown))


def from_command(body: Body) -> Iterator[InboundMessage]:
    """A slash command, said directly: its name without the slash, then its text."""
    text = f"{word(body, 'command').removeprefix('/')} {word(body, 'text')}"
    if word(body, "user_id") and word(body, "trigger_id"):
        yield _message(word(body, "trigger_id"), word(body, "user_id"), plain(text), "")


def _is_a_persons(event: Body, own: frozenset[str]) -> bool:
    """No bot of any kind: two bots that answer each other never stop."""
    user = word(event, "user")
    automatic = event.get("bot_id") or event.get("app_id") or event.get("hidden")
    return bool(user) and not automatic and user != SLACKBOT and user not in own and word(event, "subtype") in SAID


def _own_users(body: Body) -> frozenset[str]:
    """Our bot's user, as every event names it (docs: Events API, ``authorizations``)."""
    installed = [one for one in body.get("authorizations") or [] if isinstance(one, dict) and one.get("is_bot")]
    return frozenset(word(one, "user_id") for one in installed) - {""}


def _thread_of_click(body: Body) -> str:
    container, message = section(body, "container"), section(body, "message")
    channel = word(container, "channel_id") or word(section(body, "channel"), "id")
    ts = word(container, "thread_ts") or word(message, "thread_ts") or word(container, "message_ts")
    return f"{channel}:{ts}" if channel and ts and not channel.startswith("D") else ""


def _message_of_click(body: Body) -> str:
    """The id that we know the message by which shows the button."""
    container = section(body, "container")
    channel, ts = word(container, "channel_id"), word(container, "message_ts")
    return f"{channel}:{ts}" if channel and ts else ""


def _message(key: str, user: str, text: str, thread: str, addressed: bool = True) -> InboundMessage:
    return InboundMessage(keepable(key), keepable(user), keepable(text), keepable(thread), addressed=addressed)
