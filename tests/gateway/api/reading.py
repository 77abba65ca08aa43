"""Reads the API of a running gateway."""

from typing import Any
from urllib.parse import urlencode

from tests.gateway.running import World


async def read(world: World, path: str, **query: object) -> Any:
    """What is answered."""
    status, body = await answer(world, path, **query)
    assert status == 200, body
    return body


async def answer(world: World, path: str, **query: object) -> tuple[int, Any]:
    """The status, and what is answered."""
    asked = f"{path}?{urlencode(query)}" if query else path
    async with world.api("GET", asked, b"") as response:
        return response.status, await response.json(content_type=None)


async def read_all(world: World, path: str, noun: str, **query: object) -> list[Any]:
    """Every row of a list, page by page."""
    rows: list[Any] = []
    page = await read(world, path, **query)
    rows += page[noun]
    while page["next"] is not None:
        page = await read(world, path, **{**query, "after": page["next"]})
        rows += page[noun]
    return rows
