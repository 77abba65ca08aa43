from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from pytest_aiohttp import AiohttpServer

from tests.channels.provider import Provider


@pytest.fixture
async def provider(aiohttp_server: AiohttpServer) -> AsyncIterator[Provider]:
    provider = Provider()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", provider.handle)
    server = await aiohttp_server(app)
    provider.url = str(server.make_url("")).rstrip("/")
    yield provider
    provider.over.set()
