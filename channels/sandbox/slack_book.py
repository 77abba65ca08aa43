"""Slack's memory: users, rooms (channels and direct messages) and the posts in them."""

import hashlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from channels.sandbox.entries import Post, Press

MAX_KEPT_POSTS = 10_000
MAX_KEPT_PRESSES = 20

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SlackUser:
    """A person of the workspace; ``id`` begins with U."""

    id: str
    name: str
    email: str = ""


class SlackBook:
    """The newest `MAX_KEPT_POSTS` posts of each room. A direct message is a room D... named after its user U..."""

    def __init__(self, users: tuple[SlackUser, ...], rooms: tuple[str, ...]) -> None:
        self.users = {user.id: user for user in users}
        self.names = {room_id(name): name.lstrip("#") for name in rooms}
        self._presses: dict[tuple[str, str], deque[str]] = {}
        self._posts: dict[str, deque[Post]] = {}
        self._last_tick = 0

    def add_room(self, name: str) -> None:
        """One more channel."""
        self.names[room_id(name)] = name.lstrip("#")

    def add(self, post: Post) -> None:
        """One more post."""
        self._posts.setdefault(post.room, deque(maxlen=MAX_KEPT_POSTS)).append(post)
        self._last_tick = max(self._last_tick, int(post.ts.replace(".", "")))

    def add_press(self, press: Press) -> None:
        """One more press; a post remembers its newest `MAX_KEPT_PRESSES`."""
        self._presses.setdefault((press.room, press.ts), deque(maxlen=MAX_KEPT_PRESSES)).append(press.value)

    def pressed(self, post: Post) -> tuple[str, ...]:
        """The values pressed below this post, oldest first."""
        return tuple(self._presses.get((post.room, post.ts), ()))

    def next_ts(self, now: datetime) -> str:
        """A ts for something that happens now, later than every other."""
        self._last_tick = max((now - _EPOCH) // timedelta(microseconds=1), self._last_tick + 1)
        return f"{self._last_tick // 1_000_000}.{self._last_tick % 1_000_000:06d}"

    def room(self, reference: str) -> str | None:
        """The room's id for C..., D..., U..., #name or name; None where there is none."""
        if reference in self.names:
            return reference
        if reference[:1] in ("U", "D") and f"U{reference[1:]}" in self.users:
            return f"D{reference[1:]}"
        named = room_id(reference)
        return named if named in self.names else None

    def person_of(self, room: str) -> str:
        """The user of a direct message; "" for a channel."""
        return f"U{room[1:]}" if room.startswith("D") else ""

    def posts(self, room: str) -> Iterator[Post]:
        """The posts of a room, oldest first."""
        return iter(self._posts.get(room, ()))

    def post(self, room: str, ts: str) -> Post | None:
        """The post with this ts."""
        return next((post for post in reversed(self._posts.get(room, deque())) if post.ts == ts), None)

    def thread(self, room: str, root: str) -> tuple[Post, ...]:
        """A thread's root and replies, oldest first."""
        return tuple(post for post in self.posts(room) if root in (post.ts, post.thread))

    def rooms(self) -> tuple[str, ...]:
        """All channels, then the direct messages of all users."""
        return (*self.names, *(f"D{user[1:]}" for user in self.users))


def room_id(name: str) -> str:
    """The id of the channel with this name, with or without #."""
    digest = hashlib.sha256(name.lstrip("#").encode()).hexdigest()
    return f"C{digest[:10].upper()}"
