"""Nothing that a list asks the database takes the longer the more rows there are, whatever the list is filtered by."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import event

from gateway.api.paging import PageQuery
from gateway.api.site import ENDPOINTS
from storage.database import Storage
from storage.listing.pages import Walk
from tests.gateway.books import BOOK
from tests.gateway.desk import AUTHORIZED, Client, Desk
from tests.storage.listing.large import fill
from tests.storage.listing.plans import costly_steps_of

ID = "0123456789abcdef" * 2
CURSORS = (ID, f"3000-{ID}", "3000", b"sms1\0+493".hex())
EARLY, LATE = "1970-01-01T00:00:00.000600Z", "1970-01-01T00:00:00.005400Z"  # `large` has a row a microsecond
PAGING = {"limit", "after"}
DEFAULTS: Any = Walk.__init__.__kwdefaults__
SMALL = ("campaign", "token", "hook_trouble")  # tables that are small by nature
ELSEWHERE = ("hook", "upload", "participant")  # of lists that are within one of them, which other tests look at
VALUES = {
    "campaign": BOOK.campaign,
    "customer": ID,
    "participant": ID,
    "communication": ID,
    "external_id": "A-1",
    "phone": "+4915112345601",
    "email": "a@example.com",
    "slack": "U00000001",
    "outcome": "paid",
    "entered": "false",
    "updated_since": EARLY,
    "since": EARLY,
    "until": LATE,
    "status": "failed",
    "state": "parked",
    "direction": "in",
    "channel": "sms",
    "flow": "f",
    "node": "f.n",
    "kind": "message",
    "subject": "s1",
}
Asked = dict[str, Any]


def lists() -> Iterator[tuple[str, type[PageQuery]]]:
    for endpoint in ENDPOINTS:
        listed = endpoint.method == "GET" and issubclass(endpoint.query, PageQuery)
        if listed and not any(f"{{{name}}}" in endpoint.path for name in ELSEWHERE):
            yield endpoint.path.replace("{campaign}", BOOK.campaign), endpoint.query


def queries(model: type[PageQuery]) -> Iterator[dict[str, str]]:
    """By no filter, each one and each two."""
    names = [name for name in model.model_fields if name not in PAGING]
    for count in range(3):
        yield from ({name: VALUES[name] for name in some} for some in combinations(names, count))


def cursor(model: type[PageQuery]) -> str:
    """One that such a list takes."""
    schema: Any = model.model_fields["after"].json_schema_extra
    return next(one for one in CURSORS if re.fullmatch(schema["pattern"], one))


async def ask_all(api: Client) -> None:
    for path, model in lists():
        for query in queries(model):
            for after in ("", cursor(model)):
                answer = await api.get(path, params={**query, "limit": "20", "after": after})
                assert answer.status == 200, (path, query, after, await answer.text())


@contextmanager
def heard(storage: Storage) -> Iterator[Asked]:
    """Every statement that is asked meanwhile, as the driver gets it, with values."""
    asked: Asked = {}

    def hear(connection: Any, cursor: Any, statement: str, given: Any, context: Any, many: bool) -> None:
        asked.setdefault(" ".join(statement.partition(" IN (")[0].split()), (statement, given))

    event.listen(storage._answering, "before_cursor_execute", hear)
    yield asked
    event.remove(storage._answering, "before_cursor_execute", hear)


def costly(storage: Storage, asked: Asked) -> dict[str, Sequence[str]]:
    with storage._answering.connect() as connection:
        return {
            name: costly_steps_of(connection, sql, given)
            for name, (sql, given) in asked.items()
            if not any(f"FROM {small} " in f"{name} " for small in SMALL)
        }


async def test_no_list_asks_for_what_takes_longer_the_more_there_is(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DEFAULTS, "window", 100)  # few rows of the thousands that there are here
    with storage._writing.begin() as connection:
        fill(connection, BOOK.campaign)
    desk = Desk(storage, tmp_path / "uploads", requests_per_minute=100_000)
    with heard(storage) as asked:
        async with TestClient(TestServer(desk.application()), headers=AUTHORIZED) as api:
            await ask_all(api)
        await desk.uploads.close()

    assert len(asked) > 100
    assert {name: steps for name, steps in costly(storage, asked).items() if steps} == {}
