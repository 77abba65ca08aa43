"""A worker process on a database that others share, which may send a signal, to itself or to another, while it works.

It logs "ready" when it has begun, and "turn_lost" whenever it finds that another has taken a shard from it.
"""

import asyncio
import os
import signal
import sys
import time
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import structlog

from gateway.clock import Bell, SystemClock
from gateway.logs import set_up_logs
from gateway.rulebooks import Rulebooks
from gateway.shards import Shards, Turn
from gateway.worker import Worker
from rules.book import Channel
from rules.loader import Project, ProjectChannel, load_rulebook
from storage.database import Storage
from storage.transaction import Transaction

PROJECT = Project({"sms": ProjectChannel("sms", "sms", "phone")})
SMS = Channel(name="sms", kind="sms", identifier="phone")
RULES = """
campaign: play
flows:
  talk:
    wrote: {when: incoming_session, next: answer}
    answer: {do: reply, text: "You wrote {{ message.text }}"}
"""
STRUCK_SECONDS = 0.2  # until a signal has stopped the thread that sent it: another one may be told of it first
HOOKS = {"in": "decide", "after": "work_once"}

log = structlog.get_logger()


def new_rulebooks() -> Rulebooks:
    book = load_rulebook(RULES, "rules.yaml", PROJECT).rulebook
    assert book is not None
    return Rulebooks(PROJECT, {"sms": SMS}, {book.campaign: book}, {book.hash: book})


def signalled(name: str, where: str, number: int, whom: int = 0) -> None:
    """Arrange for this process to send a signal (KILL, STOP) to itself, or to the process ``whom``, in the middle of
    the batch of that number (``where`` is in), or right after it (after)."""
    hook, passings = HOOKS[where], count(1)
    decide, work_once = Worker.decide, Worker.work_once

    def strike() -> None:
        if next(passings) == number:
            os.kill(whom or os.getpid(), getattr(signal, f"SIG{name}"))
            time.sleep(STRUCK_SECONDS)

    def struck_inside(*arguments: Any) -> Any:
        decided = decide(*arguments)
        strike()
        return decided

    async def struck_after(worker: Worker) -> int:
        more = await work_once(worker)
        strike()
        return more

    setattr(Worker, hook, struck_inside if where == "in" else struck_after)


def tell_lost_turns() -> None:
    confirm = Turn.__call__

    def told(turn: Turn, t: Transaction) -> None:
        try:
            confirm(turn, t)
        except Exception:
            log.info("turn_lost")
            raise

    setattr(Turn, "__call__", told)  # noqa: B010 - a method is replaced


async def work(url: str) -> None:
    clock = SystemClock()
    with closing(Storage(url)) as storage:
        storage.share()
        bell = Bell(clock)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, bell.close)
        worker = Worker(storage, new_rulebooks(), clock, bell, lambda decided: None)
        log.info("ready")
        await Shards(storage, worker, bell).run()


def main(url: str, written: Path, strike: tuple[str, str, int] | tuple[str, str, int, int] | None = None) -> None:
    """Work until SIGTERM; what is logged stands in the file ``written``."""
    with written.open("a", buffering=1) as sys.stderr:
        set_up_logs()
        tell_lost_turns()
        if strike:
            signalled(*strike)
        asyncio.run(work(url))
