"""Fixtures of the gateway's tests."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from storage.database import Storage
from tests.conftest import prepared_file
from tests.gateway.desk import AUTHORIZED, Client, Desk


@pytest.fixture(autouse=True)
def counts_told_again() -> Iterator[None]:
    """None: on a busy machine any count takes long, and what it was before is told again. (Not by `monkeypatch`: what
    every test has is undone last, after fixtures that have changed the same.)"""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gateway.api.counted.QUICK_SECONDS", 60.0)
        yield


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """An API's surroundings over an empty SQLite file."""
    storage = Storage(prepared_file(tmp_path / "pointsman.db"))
    yield Desk(storage, tmp_path / "uploads")
    storage.close()


@pytest.fixture
async def api(desk: Desk) -> AsyncIterator[Client]:
    """A client of the API who knows the token."""
    async with TestClient(TestServer(desk.application()), headers=AUTHORIZED) as client:
        yield client
    await desk.uploads.close()
