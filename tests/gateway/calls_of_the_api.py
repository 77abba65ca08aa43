"""Requests to the API of a gateway at work."""

import json
from typing import Any

from tests.gateway.running import World


async def call(world: World, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """The status and the JSON of the answer; then all has become quiet."""
    async with world.api(method, path, b"" if body is None else json.dumps(body).encode()) as answer:
        text = await answer.text()
    await world.quiet()
    return answer.status, json.loads(text) if text else None


async def trail(world: World, subject: str) -> list[tuple[str, str]]:
    """Who changed this, and how, the latest first."""
    rows = await world.read(lambda t: t.audit.page(None, 100, subject))
    return [(row["who"], row["what"]) for row in rows]
