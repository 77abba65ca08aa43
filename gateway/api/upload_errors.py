"""`GET /campaigns/{campaign}/uploads/{upload}/errors.csv`: the failed rows, to be mended and uploaded again."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from typing import Any

from gateway.api.answers import Answer
from gateway.api.asked import Asked
from gateway.api.endpoints import Endpoint, NoQuery
from gateway.api.problems import Problem
from gateway.api.scopes import Scope
from gateway.api.streams import begun
from gateway.api.uploads import PATH, upload_of
from gateway.imports.errors_file import MEDIA, pieces, sheet_of
from gateway.imports.files import KEPT_FOR
from gateway.sheets import SheetRefused


async def get_upload_errors(asked: Asked[NoQuery, None]) -> Answer:
    """The failed rows of an upload, as a CSV file.

    Their cells are as they were, but for an apostrophe before what a spreadsheet would obey; a last column `problem`
    says what is wrong. An upload of this file leaves out both. 409 where the uploaded file is kept no longer: it is for
    7 days after its upload is over, if rows failed.
    """
    desk = asked.desk
    row = await desk.storage.read(lambda t: upload_of(t, asked))
    path, book = desk.uploads.path(row["id"]), desk.campaigns().get(row["campaign"])
    try:
        sheet = await asyncio.to_thread(sheet_of, path, book, row)
    except FileNotFoundError:
        kept = f"a file is kept for {KEPT_FOR.days} days after its upload is over, if rows failed"
        raise Problem(409, "file-gone", "The uploaded file is not kept any more", kept) from None
    except SheetRefused as refused:
        raise Problem(409, "file", "The uploaded file can't be read any more", str(refused)) from None
    stream = await begun(_sent(pieces(desk.storage, sheet, row["id"])), MEDIA, f"errors-{row['id']}.csv")
    return Answer(written=stream)


async def _sent(found: Iterator[bytes]) -> AsyncGenerator[bytes, None]:
    while piece := await asyncio.to_thread(next, found, b""):
        yield piece


ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    Endpoint(
        method="GET",
        path=f"{PATH}/{{upload}}/errors.csv",
        tag="uploads",
        scope=Scope.READ,
        handler=get_upload_errors,
        answers={200: None},
        answer_media=MEDIA,
        problems={409: "The uploaded file is kept no longer, or can't be read any more"},
    ),
)
