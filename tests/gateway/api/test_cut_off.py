"""A file that fails in its middle was answered 200: it is counted and told by itself, and without what is in it."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.settings import SANDBOX_API_TOKEN
from storage.listing.messages import MessageList
from tests.gateway.example_rules import HELLO
from tests.gateway.running import START, World, running
from tests.gateway.test_health import metrics
from tests.gateway.test_log_context import set_up, told
from tests.storage.rows import message

NUMBER = 1_203  # messages: more than a page of an export has
WRITTEN = "hush hush"  # what `told` finds in no line
ID = "my-export.1"
URL = "/api/v1/campaigns/hello/exports/messages"


def keep_messages(world: World) -> None:
    row: dict[str, Any] = {"campaign": "hello", "text": WRITTEN, "created_at": START, "updated_at": START}
    with world.gateway.storage.transaction() as t:
        t.messages.add([message(f"{n:032x}", **row) for n in range(NUMBER)])


def fail_after_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    real = MessageList.page

    def page(self: Any, wanted: Any, after: Any, *rest: Any) -> Any:
        if after is not None:
            raise ValueError(f"what to do with {WRITTEN}?")
        return real(self, wanted, after, *rest)

    monkeypatch.setattr(MessageList, "page", page)


async def test_an_export_that_fails_is_counted_and_told_with_its_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    headers = {"Authorization": f"Bearer {SANDBOX_API_TOKEN}", "X-Request-Id": ID}
    async with running(tmp_path, HELLO) as world:
        keep_messages(world)
        before = await metrics(world)
        fail_after_a_page(monkeypatch)
        set_up()
        async with world.http.get(world.url + URL, headers=headers) as response:
            assert response.status == 200
            with pytest.raises((aiohttp.ClientPayloadError, aiohttp.ClientConnectionError)):
                await response.read()
        after = await metrics(world)
        (line,) = told(capsys, "answer_cut_off")

    assert (before["answers_cut_off_total"], after["answers_cut_off_total"]) == (0, 1)
    assert line["request"] == ID
    assert line["exception"].startswith("ValueError < ")
