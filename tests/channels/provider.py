"""A provider that is told how to behave, reached over HTTP on loopback."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

# Seconds a test waits for an answer that does not come: long enough that a busy machine connects within it.
PATIENCE = 2.0


@dataclass
class Provider:
    """Answers every request with the next of ``answers`` (the last one again and again) and remembers it."""

    url: str = ""
    answers: list[web.Response] = field(default_factory=list)
    mood: str = ""
    heard: list[dict[str, Any]] = field(default_factory=list)
    connections: set[object] = field(default_factory=set)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def will_answer(self, body: object, status: int = 200, **headers: str) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        self.answers.append(web.Response(status=status, text=text, content_type="application/json", headers=headers))

    async def handle(self, request: web.Request) -> web.Response:
        form = dict(await request.post()) if "form" in request.content_type else {}
        body = await request.json() if request.content_type == "application/json" else form
        self.heard.append(
            {"path": request.path, "query": dict(request.query), "body": body, "headers": request.headers}
        )
        self.connections.add(request.transport)
        if self.mood == "hang":
            await self.over.wait()
        if self.mood == "drop" and request.transport is not None:
            request.transport.close()
        told = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return web.Response(status=told.status, body=told.body, headers=told.headers)
