"""Who asks for more than PostgreSQL finds in time is told so, and when to come again."""

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from aiohttp.test_utils import TestClient, TestServer

from storage import engines
from storage.database import Storage
from tests.databases import PostgresServer
from tests.gateway.desk import AUTHORIZED, Client, Desk


@pytest.fixture
def url(postgres: PostgresServer, prepared: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database that looks for an answer for a tenth of a second at most."""
    monkeypatch.setattr(engines, "ANSWER_SECONDS", 0.1)
    with postgres.database(prepared) as database:
        yield database


@pytest.fixture
async def hurried(url: str, tmp_path: Path) -> AsyncIterator[Client]:
    with closing(Storage(url)) as storage:
        desk = Desk(storage, tmp_path / "uploads")
        async with TestClient(TestServer(desk.application()), headers=AUTHORIZED) as client:
            yield client
        await desk.uploads.close()


async def test_what_takes_the_database_too_long_is_given_up_and_says_when_to_come_again(
    url: str, hurried: Client
) -> None:
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE opt_out IN ACCESS EXCLUSIVE MODE")
        answer = await hurried.get("/opt-outs")
        problem = await answer.json()

    assert (answer.status, problem["type"]) == (503, "urn:pointsman:problem:too-long")
    assert int(answer.headers["Retry-After"]) > 5
    assert (await hurried.get("/opt-outs")).status == 200
