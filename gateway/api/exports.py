"""`GET /campaigns/{campaign}/exports/...`: what a campaign has, as files."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field

from gateway.api.answers import Answer
from gateway.api.asked import Asked
from gateway.api.communications import CommunicationsFilter
from gateway.api.desk import EXPORTS_AT_ONCE
from gateway.api.endpoints import Endpoint, Given
from gateway.api.messages import MessagesFilter
from gateway.api.participant_lists import ParticipantsFilter
from gateway.api.persons import WRONG
from gateway.api.problems import busy
from gateway.api.scopes import Scope
from gateway.api.streams import begun
from gateway.exports.decisions import DECISIONS, DecisionsFilter
from gateway.exports.export import Export, Noun
from gateway.exports.formats import Format
from gateway.exports.people import PARTICIPANTS
from gateway.exports.talks import COMMUNICATIONS, MESSAGES
from storage.database import Storage
from storage.listing.pages import Key
from storage.transaction import Transaction

PATH = "/campaigns/{campaign}/exports"


class FormatQuery(Given):
    """As what."""

    format: Annotated[Literal["csv", "jsonl"], Field(description="a table, or a line of JSON for each")] = "csv"


class ParticipantsExportQuery(FormatQuery, ParticipantsFilter):
    """Which participants, as what."""


class CommunicationsExportQuery(FormatQuery, CommunicationsFilter):
    """Which communications, as what."""


class MessagesExportQuery(FormatQuery, MessagesFilter):
    """Which messages, as what."""


class DecisionsExportQuery(FormatQuery, DecisionsFilter):
    """Which decisions, as what."""


Q = TypeVar("Q", bound=FormatQuery)


async def export_participants(asked: Asked[ParticipantsExportQuery, None]) -> Answer:
    """The campaign's participants, as a file.

    As CSV with identifiers and fields under their names, so that it can be imported again; as JSON Lines as
    `GET /campaigns/{campaign}/participants` tells them. Whoever was erased is left out. It is compressed where
    `Accept-Encoding` asks for gzip; one that is cut off has no last chunk.
    """
    return await _exported(asked, PARTICIPANTS)


async def export_communications(asked: Asked[CommunicationsExportQuery, None]) -> Answer:
    """The campaign's communications, the latest first, as a file.

    What `GET /communications` tells of each; documents are JSON in their cells.
    """
    return await _exported(asked, COMMUNICATIONS)


async def export_messages(asked: Asked[MessagesExportQuery, None]) -> Answer:
    """The campaign's messages, the latest first, as a file.

    What `GET /messages` tells of each; documents are JSON in their cells.
    """
    return await _exported(asked, MESSAGES)


async def export_decisions(asked: Asked[DecisionsExportQuery, None]) -> Answer:
    """What was decided in the campaign and why, the latest event first, as a file.

    `log` is what was decided in this campaign, as JSON; what retention has emptied is left out.
    """
    return await _exported(asked, DECISIONS)


async def _exported(asked: Asked[Q, None], noun: Noun) -> Answer:
    book, desk = asked.desk.book(asked.path["campaign"]), asked.desk
    if desk.exporting.locked():
        raise busy(f"at most {EXPORTS_AT_ONCE} exports are made at once; ask again later")
    export = Export(noun=noun, book=book, filter=asked.query, format=Format(asked.query.format))
    file = file_name(book.campaign, noun.name, desk.now(), export.format)
    return Answer(written=await begun(_pieces(asked, export), export.format.media, file))


async def _pieces(asked: Asked[Q, None], export: Export) -> AsyncGenerator[bytes, None]:
    """Nothing is given out that is not noted, and no connection of the database is held while a piece is sent."""
    storage, after = asked.desk.storage, None
    async with asked.desk.exporting:
        found, after = await storage.read(partial(export.page, after=after))
        await storage.run(partial(_note, asked, export))
        yield export.head + await asyncio.to_thread(export.lines, found)
        while after is not None:
            lines, after = await _next(storage, export, after)
            yield lines


async def _next(storage: Storage, export: Export, after: Key) -> tuple[bytes, Key | None]:
    found, following = await storage.read(partial(export.page, after=after))
    return await asyncio.to_thread(export.lines, found), following


def _note(asked: Asked[Q, None], export: Export, t: Transaction) -> None:
    """Personal data leaves: by which filters, but not for what they look, which may be a person."""
    by = sorted(asked.query.model_fields_set - {"format"})
    after = {"format": str(export.format), "filters": by}
    t.audit.add([asked.entry(f"export_{export.noun.name}", f"campaign/{export.book.campaign}", after=after)])


def file_name(campaign: str, noun: str, now: datetime, format: Format) -> str:
    """What such a file is called: with the moment (UTC) at which it was begun."""
    return f"{campaign}-{noun}-{now:%Y%m%dT%H%M%SZ}.{format}"


def _endpoint(noun: Noun, handler: Any, query: type[FormatQuery], problems: Any) -> Endpoint[Any, Any]:
    return Endpoint(
        method="GET",
        path=f"{PATH}/{noun.name}",
        tag="exports",
        scope=Scope.READ,
        handler=handler,
        query=query,
        answers={200: None},
        answer_media=Format.CSV.media,
        other_media=(Format.JSONL.media,),
        problems=problems,
    )


ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    _endpoint(PARTICIPANTS, export_participants, ParticipantsExportQuery, WRONG),
    _endpoint(COMMUNICATIONS, export_communications, CommunicationsExportQuery, {}),
    _endpoint(MESSAGES, export_messages, MessagesExportQuery, {}),
    _endpoint(DECISIONS, export_decisions, DecisionsExportQuery, {}),
)
