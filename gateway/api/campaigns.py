"""`/campaigns`: what there is, how far it is, and whether it runs."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from gateway.api.answers import Answer, Moment
from gateway.api.asked import Asked
from gateway.api.desk import ApiDesk
from gateway.api.endpoints import Endpoint, NoQuery, Told
from gateway.api.problems import Problem
from gateway.api.scopes import Scope
from gateway.campaigns import CampaignStart, CannotRun, stop
from gateway.hindrances import standing
from gateway.rulebooks import BrokenFile, OlderFile
from gateway.stepping import in_steps
from rules.book import Rulebook
from storage.transaction import Transaction
from storage.values import Row


class BrokenRuleFile(Told):
    """A rule file with mistakes, which is not in force."""

    file: str
    errors: int


class BrokenRuleFileOf(BrokenRuleFile):
    """The same with the campaign that it is about, "" where that cannot be told."""

    campaign: str


class OlderRuleFile(Told):
    """A copy of the campaign's rule file that is not in force, in the folder of the host that answers: another host has
    put a later version in force. This one, ``rules`` by its content hash, was loaded first ``since``."""

    file: str
    rules: str
    since: Moment


class Campaign(Told):
    """A campaign. ``status`` is inactive, active or error, with the ``reason``; ``rules`` the content hash of the
    rule file version that it runs on, also where that file has gone from the folder (``file_gone``), is broken, or is
    older there (``older_file``)."""

    campaign: str
    title: str
    status: str
    reason: str
    started_at: Moment | None
    rules: str
    broken_file: BrokenRuleFile | None
    file_gone: bool
    older_file: OlderRuleFile | None


class Campaigns(Told):
    """Every campaign, and every broken rule file."""

    campaigns: list[Campaign]
    broken_files: list[BrokenRuleFileOf]


class Counts(Told):
    """How many participants, communications and outbound messages by status, and waiting paths by node. Where there is
    so much that counting takes a second, the counts may be 20 seconds old, and so on."""

    participants: int
    communications: dict[str, int]
    messages: dict[str, int]
    waiting: dict[str, int]


class CampaignInFull(Campaign):
    """A campaign with its counts."""

    counts: Counts


async def list_campaigns(asked: Asked[NoQuery, None]) -> Answer:
    """All campaigns.

    Every campaign with a rule file, or with one that was once in force; and every rule file that is broken.
    """
    desk = asked.desk
    rows = {row["name"]: row for row in await desk.read(lambda t: t.campaigns.all())}
    books = desk.campaigns()
    campaigns = [Campaign(**_campaign(desk, name, books.get(name), rows.get(name))) for name in sorted({*rows, *books})]
    broken = [BrokenRuleFileOf(**_broken(one), campaign=one.campaign) for one in desk.broken()]
    return Answer(body=Campaigns(campaigns=campaigns, broken_files=broken))


async def get_campaign(asked: Asked[NoQuery, None]) -> Answer:
    """One campaign with its counts."""
    desk = asked.desk
    book = desk.book(asked.path["campaign"])
    name = book.campaign
    row = await desk.read(lambda t: t.campaigns.get(name))
    counts = await desk.count(("counts", name), lambda t: t.campaigns.counts(name))
    return Answer(body=CampaignInFull(**_campaign(desk, name, book, row), counts=Counts(**asdict(counts))))


async def start_campaign(asked: Asked[NoQuery, None]) -> Answer:
    """Start a campaign.

    Triggers fire from now on; participants who joined before enter now. Starting again changes nothing; one that
    cannot run is left as it was: 409.
    """
    desk = asked.desk
    book = desk.book(asked.path["campaign"])
    start = CampaignStart(book.campaign, desk.now(), desk.hindrances)
    try:
        await in_steps(desk.storage, lambda t: _start(t, asked, start), start.wake, desk.ring)
    except CannotRun as error:
        raise Problem(409, "cannot-run", "The campaign cannot run", str(error)) from error
    return await get_campaign(asked)


async def stop_campaign(asked: Asked[NoQuery, None]) -> Answer:
    """Stop a campaign: triggers fire no more."""
    desk = asked.desk
    book, now = desk.book(asked.path["campaign"]), desk.now()
    await desk.storage.run(lambda t: _stop(t, asked, book.campaign, now))
    return await get_campaign(asked)


def _start(t: Transaction, asked: Asked[Any, Any], start: CampaignStart) -> None:
    before = _status(t, start.campaign)
    start.begin(t)
    _tell(t, asked, "start_campaign", start.campaign, before)


def _stop(t: Transaction, asked: Asked[Any, Any], campaign: str, now: datetime) -> None:
    before = _status(t, campaign)
    stop(t, campaign, now)
    _tell(t, asked, "stop_campaign", campaign, before)


def _tell(t: Transaction, asked: Asked[Any, Any], what: str, campaign: str, before: str) -> None:
    """A line of the audit trail, where anything changed."""
    after = _status(t, campaign)
    if after != before:
        changes = {"before": {"status": before}, "after": {"status": after}}
        t.audit.add([asked.entry(what, f"campaign/{campaign}", **changes)])


def _status(t: Transaction, campaign: str) -> str:
    row = t.campaigns.get(campaign)
    return row["status"] if row else "inactive"


def _campaign(desk: ApiDesk, name: str, book: Rulebook | None, row: Row | None) -> Row:
    broken = next((one for one in desk.broken() if one.campaign == name), None)
    return {
        "campaign": name,
        "title": book.title if book else "",
        **dict(zip(("status", "reason"), standing(row, has_rules=book is not None), strict=True)),
        "started_at": row["started_at"] if row else None,
        "rules": book.hash if book else row["rules"] if row else "",
        "broken_file": BrokenRuleFile(**_broken(broken)) if broken else None,
        "file_gone": name in desk.gone(),
        "older_file": next((_older(one) for one in desk.older() if one.campaign == name), None),
    }


def _older(file: OlderFile) -> OlderRuleFile:
    return OlderRuleFile(file=Path(file.file).name, rules=file.hash, since=file.since)


def _broken(file: BrokenFile) -> Row:
    return {"file": Path(file.file).name, "errors": file.errors}


CANNOT_RUN = {409: "Something keeps the campaign from running; `detail` says what"}
ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/campaigns",
        tag="campaigns",
        scope=Scope.READ,
        handler=list_campaigns,
        answers={200: Campaigns},
    ),
    Endpoint(
        method="GET",
        path="/campaigns/{campaign}",
        tag="campaigns",
        scope=Scope.READ,
        handler=get_campaign,
        answers={200: CampaignInFull},
    ),
    Endpoint(
        method="POST",
        path="/campaigns/{campaign}/start",
        tag="campaigns",
        scope=Scope.WRITE,
        handler=start_campaign,
        answers={200: CampaignInFull},
        problems=CANNOT_RUN,
    ),
    Endpoint(
        method="POST",
        path="/campaigns/{campaign}/stop",
        tag="campaigns",
        scope=Scope.WRITE,
        handler=stop_campaign,
        answers={200: CampaignInFull},
    ),
)
