"""Ask the operator's functions: in processes of their own, with a limit of time and memory, and without our secrets."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import structlog

from gateway.calls import python_worker
from gateway.calls.outcomes import MAX_ANSWER_BYTES, Outcome, Refused, Unanswered, read_answer
from gateway.settings_checks import PREFIX
from gateway.settings_file import ActionSettings
from storage.values import OwedCall

WORKERS = 2  # functions that run at once
START_SECONDS = 30.0  # within which a process must be ready, on however slow a machine
END_SECONDS = 2.0  # for a process that has closed its output, or was killed, to be gone
DATABASE_PREFIX = "PG"  # libpq's variables: a password of the gateway's database may stand in one
ISOLATED = (
    "-I",
    "-B",
)  # no PYTHON* variables, no user's packages, no folder but the operator's; no files written there

log = structlog.get_logger()


class NotStarted(Exception):
    """The worker process did not come up."""


@dataclass(frozen=True)
class Worker:
    """One worker process that is ready."""

    process: Process

    @classmethod
    async def start(cls, folder: Path, settings: ActionSettings) -> "Worker":
        """Start a process for the functions in ``folder``. Raises `NotStarted`, OSError, TimeoutError."""
        worker = cls(await begun(folder, settings))
        try:
            async with asyncio.timeout(START_SECONDS):
                kind, _ = await worker._line()
        except BaseException:
            await worker.end()
            raise
        if kind != python_worker.READY:
            await worker.end()
            raise NotStarted
        return worker

    @property
    def alive(self) -> bool:
        return self.process.returncode is None

    async def ask(self, function: str, body: Mapping[str, object]) -> Outcome:
        """Run one function. Raises nothing of its own, but waits for ever if the function does."""
        assert self.process.stdin is not None  # noqa: S101 - it was asked for
        request = json.dumps({"function": function, "body": body}, separators=(",", ":"))
        with suppress(ConnectionError):  # the process has ended: its line will be empty
            self.process.stdin.write(request.encode() + b"\n")
            await self.process.stdin.drain()
        kind, text = await self._line()
        if kind == python_worker.ANSWER:
            return read_answer(function, text)
        if kind == python_worker.ERROR:
            return Refused(text.decode("utf-8", "replace"))
        return Refused(f"{function} ended its process ({await self._end_code()})")

    async def _line(self) -> tuple[bytes, bytes]:
        assert self.process.stdout is not None  # noqa: S101 - it was asked for
        line = await self.process.stdout.readline()
        return line[:1], line[1:].rstrip(b"\n")

    async def _end_code(self) -> str:
        with suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS):
                await self.process.wait()
        self._kill_group()
        await self.end()
        code = self.process.returncode or 0
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    async def end(self) -> None:
        """End the process and whatever it started. What a function has put beyond our reach holds nothing up."""
        if self.alive:  # later its number may be another's
            self._kill_group()
        with suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS):
                await self.process.communicate()
        self.process._transport.close()  # type: ignore[attr-defined] # asyncio has no other way to let go of a pipe

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)


async def begun(folder: Path, settings: ActionSettings) -> Process:
    """The process, which tells by itself when it is ready."""
    limits = (str(settings.memory_mb), str(settings.time_limit), str(MAX_ANSWER_BYTES))
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *(*ISOLATED, python_worker.__file__, str(folder)),
        *limits,
        stdin=PIPE,
        stdout=PIPE,
        limit=2 * MAX_ANSWER_BYTES,
        env=environment(os.environ),
        cwd=folder,
        start_new_session=True,  # Ctrl-C is for the gateway; and what a function starts ends with it
    )


@dataclass
class PythonDesk:
    """The functions that the settings allow. Processes start when they are needed and stay for the next call."""

    folder: Path
    settings: ActionSettings
    _idle: list[Worker] = field(default_factory=list)

    def opens_at(self, now: datetime) -> datetime:
        return now

    def room(self, now: datetime, asking: int) -> int:
        return WORKERS - asking

    def claimed(self, now: datetime) -> None:
        """Nothing counts them."""

    def begun(self, now: datetime) -> None:
        """Nothing counts them."""

    def ended(self, outcome: Outcome, now: datetime) -> None:
        """Nothing counts them."""

    def cut_off(self) -> None:
        """Nothing counts them."""

    async def ask(self, call: OwedCall, now: datetime) -> Outcome:
        if call.target not in self.settings.allow:
            return Refused(f"{call.target} is not among the functions that the settings allow")
        try:
            worker = await self._worker()
        except (NotStarted, OSError, TimeoutError):
            log.exception("worker_not_started")
            return Unanswered("the process that runs functions did not start")
        try:
            async with asyncio.timeout(self.settings.time_limit):
                outcome = await worker.ask(call.target, call.body)
        except TimeoutError:
            await worker.end()
            return Refused(f"{call.target} took longer than {self.settings.time_limit:g} s")
        except BaseException:
            await worker.end()
            raise
        self._idle.append(worker)
        return outcome

    async def _worker(self) -> Worker:
        """One that is idle and still lives, or a new one."""
        while self._idle:
            worker = self._idle.pop()
            if worker.alive:
                return worker
            await worker.end()
        return await Worker.start(self.folder, self.settings)

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop().end()


def environment(ours: Mapping[str, str]) -> dict[str, str]:
    """What the functions get to see of the environment: nothing of the gateway's own, nor of its database."""
    return {name: value for name, value in ours.items() if not name.upper().startswith((PREFIX, DATABASE_PREFIX))}
