"""`/campaigns`: what there is, how far it is, and whether it runs."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from aiohttp import web

from gateway.api import DESK, ApiDesk
from gateway.api_listing import moment
from gateway.api_problems import Problem
from gateway.campaigns import CampaignStart, CannotRun, stop
from gateway.hindrances import standing
from gateway.rulebooks import BrokenFile
from rules.book import Rulebook
from storage.values import Row


async def list_campaigns(request: web.Request) -> web.Response:
    """Every campaign with a rule file, or with one that was once in force; and every rule file that is broken."""
    desk = request.app[DESK]
    rows = {row["name"]: row for row in await desk.storage.read(lambda t: t.campaigns.all())}
    books = desk.campaigns()
    campaigns = [_campaign(desk, name, books.get(name), rows.get(name)) for name in sorted({*rows, *books})]
    broken = [_broken(one) | {"campaign": one.campaign} for one in desk.broken()]
    return web.json_response({"campaigns": campaigns, "broken_files": broken})


async def get_campaign(request: web.Request) -> web.Response:
    """One campaign: its status (in error, why), and counts of participants, communications and messages by status."""
    desk = request.app[DESK]
    book = desk.book(request)
    name = book.campaign
    row, counts = await desk.storage.read(lambda t: (t.campaigns.get(name), t.campaigns.counts(name)))
    return web.json_response(_campaign(desk, name, book, row) | {"counts": asdict(counts)})


async def start_campaign(request: web.Request) -> web.Response:
    """Triggers fire from now on; participants who joined before enter now. Starting again changes nothing; one that
    cannot run is left as it was: 409."""
    desk = request.app[DESK]
    book = desk.book(request)
    start = CampaignStart(book.campaign, desk.now(), desk.hindrances)
    try:
        await desk.storage.run(start.begin)
    except CannotRun as error:
        raise Problem(409, "cannot-run", "The campaign cannot run", str(error)) from error
    while await desk.storage.run(start.wake):
        desk.ring()
    desk.ring()
    return await get_campaign(request)


async def stop_campaign(request: web.Request) -> web.Response:
    """Triggers fire no more."""
    desk = request.app[DESK]
    book, now = desk.book(request), desk.now()
    await desk.storage.run(lambda t: stop(t, book.campaign, now))
    return await get_campaign(request)


def _campaign(desk: ApiDesk, name: str, book: Rulebook | None, row: Row | None) -> dict[str, Any]:
    return {
        "campaign": name,
        "title": book.title if book else "",
        **dict(zip(("status", "reason"), standing(row, has_rules=book is not None), strict=True)),
        "started_at": moment(row["started_at"]) if row else None,
        "rules": book.hash if book else row["rules"] if row else "",
        "broken_file": next((_broken(one) for one in desk.broken() if one.campaign == name), None),
    }


def _broken(file: BrokenFile) -> dict[str, Any]:
    return {"file": Path(file.file).name, "errors": file.errors}


ROUTES = (
    web.get("/campaigns", list_campaigns),
    web.get("/campaigns/{campaign}", get_campaign),
    web.post("/campaigns/{campaign}/start", start_campaign),
    web.post("/campaigns/{campaign}/stop", stop_campaign),
)
