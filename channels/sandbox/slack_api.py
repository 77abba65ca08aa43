"""Slack's Web API, as far as a messaging gateway uses it. https://docs.slack.dev/reference/methods"""

import json
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

from channels.sandbox.entries import Post
from channels.sandbox.slack_book import SlackBook, SlackUser
from channels.sandbox.slack_events import Workspace, as_message
from channels.sandbox.wire import is_plain

MAX_TEXT = 40_000
MAX_BLOCKS = 50
MAX_LIMIT = 999
LIMIT = 100

Params = Mapping[str, Any]
Answered = dict[str, Any]


class SlackRefused(Exception):
    """The API answers ok false; the text is Slack's error word."""


class SlackApi:
    """The methods, each from parameters to the answer without its ``ok``. All raise `SlackRefused`."""

    def __init__(self, book: SlackBook, place: Workspace, post: Callable[[Params, str], Post]) -> None:
        """``post`` writes down what the bot says in a room."""
        self._book, self._place, self._post = book, place, post
        self.methods: Mapping[str, Callable[[Params], Answered]] = {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post_message,
            "conversations.history": self._history,
            "conversations.info": self._info,
            "conversations.open": self._open,
            "conversations.replies": self._replies,
            "users.conversations": self._conversations,
            "users.info": self._user,
            "users.lookupByEmail": self._user_by_email,
        }

    def _auth_test(self, params: Params) -> Answered:
        place = self._place
        return {
            "url": "https://sandbox.slack.com/",
            "team": "Sandbox",
            "user": "pointsman",
            "team_id": place.team,
            "user_id": place.bot_user,
            "bot_id": place.bot_id,
            "is_enterprise_install": False,
        }

    def _post_message(self, params: Params) -> Answered:
        room = self._room(params)
        if not params.get("text") and not params.get("blocks"):
            raise SlackRefused("no_text")
        post = self._post(params, room)
        return {"channel": room, "ts": post.ts, "message": self._shown(post, {"include_all_metadata": True})}

    def _open(self, params: Params) -> Answered:
        users = str(params.get("users", "")).split(",")
        if len(users) != 1 or users[0] not in self._book.users:
            raise SlackRefused("user_not_found")
        return {"no_op": True, "already_open": True, "channel": {"id": f"D{users[0][1:]}"}}

    def _info(self, params: Params) -> Answered:
        room = self._room(params)
        user = self._book.person_of(room)
        return {"channel": {"id": room, "is_im": bool(user), **({"user": user} if user else self._named(room))}}

    def _history(self, params: Params) -> Answered:
        posts = [post for post in self._book.posts(self._room(params)) if post.thread in ("", post.ts)]
        return self._page(reversed(posts), params)

    def _replies(self, params: Params) -> Answered:
        thread = self._book.thread(self._room(params), str(params.get("ts", "")))
        if not thread:
            raise SlackRefused("thread_not_found")
        return self._page(thread, params)

    def _user(self, params: Params) -> Answered:
        user = self._book.users.get(str(params.get("user", "")))
        if user is None:
            raise SlackRefused("user_not_found")
        return {"user": self._profile(user)}

    def _user_by_email(self, params: Params) -> Answered:
        email = str(params.get("email", "")).casefold()
        for user in self._book.users.values():
            if email and user.email.casefold() == email:
                return {"user": self._profile(user)}
        raise SlackRefused("users_not_found")

    def _room(self, params: Params) -> str:
        room = self._book.room(str(params.get("channel", "")))
        if room is None:
            raise SlackRefused("channel_not_found")
        return room

    def _conversations(self, params: Params) -> Answered:
        """The channels that the bot is in: here, all of them on one page."""
        return {"channels": [{"id": room, **self._named(room)} for room in self._book.names]}

    def _named(self, room: str) -> Answered:
        return {"name": self._book.names[room], "is_channel": True, "is_member": True}

    def _page(self, posts: Iterable[Post], params: Params) -> Answered:
        limit = min(max(_number(params.get("limit") or LIMIT), 1), MAX_LIMIT)
        start = _number(params.get("cursor") or 0)
        found = list(islice((post for post in posts if _within(post.ts, params)), start, start + limit + 1))
        more = len(found) > limit
        shown = [self._shown(post, params) for post in found[:limit]]
        return {
            "messages": shown,
            "has_more": more,
            "response_metadata": {"next_cursor": str(start + limit) if more else ""},
        }

    def _shown(self, post: Post, params: Params) -> Answered:
        message = as_message(post, self._place) | self._replied(post)
        if post.metadata and is_true(params.get("include_all_metadata")):
            message["metadata"] = dict(post.metadata)
        return message

    def _replied(self, post: Post) -> Answered:
        """That there are replies, and when the last of them came: a history shows no more of them."""
        replies = [one for one in self._book.thread(post.room, post.ts) if one.ts != post.ts]
        if not replies:
            return {}
        return {"thread_ts": post.ts, "reply_count": len(replies), "latest_reply": replies[-1].ts}

    def _profile(self, user: SlackUser) -> Answered:
        profile = {"real_name": user.name, "display_name": user.name, "email": user.email}
        return {
            "id": user.id,
            "team_id": self._place.team,
            "name": user.name,
            "real_name": user.name,
            "deleted": False,
            "is_bot": False,
            "tz": "Etc/UTC",
            "profile": profile,
        }


def is_true(value: object) -> bool:
    """Slack's booleans: true, "true", "1", 1."""
    return str(value).lower() in ("true", "1")


def blocks_of(value: object) -> tuple[Mapping[str, Any], ...]:
    """Blocks given as a list or as JSON text; what has no block_id gets one. Raises `SlackRefused`."""
    blocks = _structure(value, "invalid_blocks_format") or []
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise SlackRefused("invalid_blocks_format")
    if len(blocks) > MAX_BLOCKS:
        raise SlackRefused("invalid_blocks")
    return tuple({"block_id": f"b{number}", **block} for number, block in enumerate(blocks))


def metadata_of(value: object) -> Mapping[str, Any]:
    """Metadata given as an object or as JSON text. Raises `SlackRefused`."""
    metadata = _structure(value, "invalid_metadata_format") or {}
    if metadata and not (isinstance(metadata, dict) and {"event_type", "event_payload"} <= set(metadata)):
        raise SlackRefused("invalid_metadata_format")
    return metadata


def _structure(value: object, error: str) -> Any:
    if not isinstance(value, str):
        return value
    try:
        read = json.loads(value or "null")
    except (ValueError, RecursionError) as broken:
        raise SlackRefused(error) from broken
    if not is_plain(read):
        raise SlackRefused(error)
    return read


def _number(value: object) -> int:
    try:
        return max(int(str(value)), 0)
    except ValueError as error:
        raise SlackRefused("invalid_limit") from error


def _within(ts: str, params: Params) -> bool:
    oldest, latest = _tick(params.get("oldest") or "0"), _tick(params.get("latest") or "9999999999")
    if is_true(params.get("inclusive")):
        return oldest <= _tick(ts) <= latest
    return oldest < _tick(ts) < latest


def _tick(ts: object) -> int:
    whole, _, part = str(ts).partition(".")
    if not f"{whole}{part}".isdigit():
        raise SlackRefused("invalid_ts_oldest")
    return int(whole or 0) * 1_000_000 + int(part[:6].ljust(6, "0"))
