"""Look at the beginning of a file that somebody sent: at a text here, at a workbook in a process of its own, which may
take time and memory as it likes (`gateway.imports.looker`)."""

import asyncio
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from subprocess import Popen
from typing import Any, BinaryIO, cast

import structlog

from gateway.imports.looker import Look
from gateway.imports.process import launched, told
from gateway.imports.runner import as_read
from gateway.sheets import LESS, Reading, Sheet, SheetRefused, is_archive
from rules.book import Rulebook

LOOKERS = 2  # processes at once
MAX_ANSWER = 100_000_000  # bytes: of 100 rows with all that may be in them, by far

log = structlog.get_logger()


@dataclass
class Looker:
    """Looks at a few files at once."""

    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LOOKERS))

    async def sheet(self, path: Path, book: Rulebook, reading: Reading) -> Sheet:
        """As `open_sheet`. Raises `SheetRefused`."""
        return Sheet.from_json(path, await self.look(Look(path, book, reading)))

    async def look(self, look: Look) -> dict[str, Any]:
        """What there is to be seen. Raises `SheetRefused`, and OSError where no process can be started."""
        if not await asyncio.to_thread(is_archive, look.path):
            return await asyncio.to_thread(look.found)
        async with self._turns:
            return _found(await _answered(replace(look, path=look.path.resolve(), book=as_read(look.book))))


async def _answered(look: Look) -> bytes:
    process = await launched("gateway.imports.looker", look)
    answer = asyncio.create_task(asyncio.to_thread(_answer_of, process))
    try:
        return await asyncio.shield(answer)
    finally:
        process.kill()
        await asyncio.gather(answer, return_exceptions=True)


def _answer_of(process: "Popen[bytes]") -> bytes:
    with process:
        text = cast(BinaryIO, process.stdout).read(MAX_ANSWER)
    if process.returncode:
        log.error("looker_died", reason=told(process.returncode))
        raise SheetRefused(f"{told(process.returncode)}; {LESS}")
    return text


def _found(text: bytes) -> dict[str, Any]:
    answer: dict[str, dict[str, Any]] = json.loads(text)
    if "refused" in answer:
        raise SheetRefused.from_json(answer["refused"])
    return answer["found"]
