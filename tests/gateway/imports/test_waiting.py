"""A list that is not read yet tells which other it waits for, over the API and on the terminal."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.imports.turns import READERS
from gateway.settings import load_settings
from storage.database import Storage
from tests.gateway.books import BOOK
from tests.gateway.desk import NOW, Client, Desk
from tests.gateway.imports.lists import HEADER, UPLOAD, change, left, seen, settled
from tests.gateway.test_commands import ADA, CAMPAIGN, contacts, pointsman, project
from tests.gateway.test_commands import HEADER as OF_CONTACTS

__all__ = ["project"]

BUSY = [f"{n:032x}" for n in range(READERS)]


def busy(desk: Desk, uploads: list[str]) -> None:
    """Lists of other campaigns are being read, the last one for longest."""
    for n, upload in enumerate(uploads):
        campaign, begun = f"campaign{n}", NOW.replace(minute=30 - n)
        desk.books[campaign] = replace(BOOK, campaign=campaign)
        left(desk, HEADER + "A,1\n", upload, campaign=campaign, status="processing", begun_at=begun)


async def test_a_list_tells_which_of_another_campaign_it_waits_for(desk: Desk, api: Client) -> None:
    busy(desk, BUSY)
    left(desk, HEADER + "B,2\n")
    waiting = await seen(api, UPLOAD)

    assert (waiting["status"], waiting["phase"], waiting["waits_for"]) == ("queued", "waiting", BUSY[-1])
    await desk.uploads.look()
    await settled(desk)
    done = await seen(api, UPLOAD)
    assert (done["status"], done["waits_for"]) == ("completed", None)


@pytest.mark.parametrize(
    ("others", "changes"),
    [
        (BUSY[1:], {}),
        (BUSY, {"status": "paused"}),
        (BUSY, {"reason": "its campaign has no usable rule file"}),
        (BUSY, {"status": "processing", "begun_at": NOW}),
    ],
    ids=["a reader is free", "paused", "hindered", "begun"],
)
async def test_a_list_that_waits_for_no_other_tells_none(
    desk: Desk, api: Client, others: list[str], changes: dict[str, Any]
) -> None:
    busy(desk, others)
    left(desk, HEADER + "B,2\n", **changes)

    assert (await seen(api, UPLOAD))["waits_for"] is None


@pytest.mark.parametrize("how", [{"status": "paused"}, {"reason": "its file is not in the uploads folder"}], ids=str)
async def test_nobody_waits_for_a_list_that_is_not_read_on(desk: Desk, api: Client, how: dict[str, Any]) -> None:
    busy(desk, BUSY)
    left(desk, HEADER + "B,2\n")
    change(desk, lambda t: t.uploads.change(BUSY[0], **how))

    assert (await seen(api, UPLOAD))["waits_for"] is None


def test_the_terminal_tells_it_too(project: Path) -> None:
    pointsman("import", CAMPAIGN, contacts(project, OF_CONTACTS + ADA), "-C", project)
    storage = Storage(load_settings(project, offline=True).database)
    with storage.transaction() as t:
        (waiting,) = [row["id"] for row in t.lists.uploads.page(CAMPAIGN, None, 1).rows]
        row = t.uploads.take(waiting) | {"status": "processing", "read": 0, "total": None, "begun_at": NOW}
        for n, upload in enumerate(BUSY):
            t.campaigns.ensure(f"campaign{n}")
            t.uploads.add(row | {"id": upload, "campaign": f"campaign{n}"})
        t.uploads.change(waiting, status="queued", read=0, last_row=0, total=None, begun_at=None)
    storage.close()
    told = json.loads(pointsman("uploads", "show", waiting, "--json", "-C", project).stdout)

    assert (told["status"], told["waits_for"]) == ("queued", BUSY[0])
    assert f"waits_for: {BUSY[0]}" in pointsman("uploads", "show", waiting, "-C", project).stdout
