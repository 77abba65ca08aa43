"""`pointsman demo`: build the project, play, and say whether everything expected happened."""

import asyncio
import json
import shutil
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom

from gateway.clock import ManualClock
from gateway.commands.beginning import write_project
from gateway.commands.failing import CommandFailed
from gateway.demo.books import Books, Expectation, expectations, read_books
from gateway.demo.driving import CAMPAIGN, Driver
from gateway.demo.telling import Story
from gateway.private_files import owner_only
from gateway.sandboxes import read_script
from gateway.server import serving
from gateway.settings import Settings, load_settings
from storage.database import Storage

START = datetime(2027, 3, 1, 8, tzinfo=UTC)
PORTS = range(20_000, 30_000)
CHANCE = SystemRandom()  # no seed: processes that begin alike choose differently
PORT_FILE, DONE, FINAL, MARKS = "port", "done", "final.json", "demo-steps"


def play(folder: Path, say: Callable[[str], None] = print) -> int:
    """Play the demo in ``folder``, going on where an earlier one was cut off. Returns 0 if all went as expected."""
    if (folder / DONE).exists() or not (folder / PORT_FILE).exists():
        begin_anew(folder)
    else:
        say("going on where the last demo was cut off")
    settings = demo_settings(folder)
    try:
        books, met = asyncio.run(drive(settings, say))
    except TimeoutError:
        say("the demo is stuck: something goes on and on")
        return 1
    write_whole(folder / FINAL, json.dumps(books.people, indent=1, ensure_ascii=False))
    (folder / DONE).touch()
    return tell_end(books, met, say)


def begin_anew(folder: Path) -> None:
    """A fresh project, whatever an earlier demo left here. Raises `CommandFailed` in a folder that is no demo's.

    The folder of marks is made first: it says that all else here is the demo's and may go. The port is written last
    and goes first, for without it nothing counts; it is chosen only once, for callbacks on their way name it.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKS).is_dir():
        raise CommandFailed(f"{folder} holds something else than a demo: choose another one with --folder")
    (folder / PORT_FILE).unlink(missing_ok=True)
    (folder / MARKS).mkdir(parents=True, exist_ok=True)
    clear(folder)
    write_project(folder, START.date())
    write_whole(folder / PORT_FILE, str(free_port()))


def clear(folder: Path) -> None:
    """Remove all that a demo left, but for the folder of marks, which is emptied."""
    for path in (*folder.iterdir(), *(folder / MARKS).iterdir()):
        if path.is_dir() and path.name != MARKS:
            shutil.rmtree(path)
        elif path.is_file():
            path.unlink()


def write_whole(path: Path, text: str) -> None:
    """Write a file that is there with all of its text or not at all."""
    unfinished = path.with_name(f"{path.name}.new")
    with open(unfinished, "w", encoding="utf-8", opener=owner_only) as file:
        file.write(text)
    unfinished.replace(path)


def free_port() -> int:
    """A port that nobody listens on, and that no system gives to outgoing connections: it is still free later."""
    for port in CHANCE.sample(PORTS, len(PORTS)):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise CommandFailed(f"no free port from {PORTS.start} to {PORTS.stop - 1}")


def demo_settings(folder: Path) -> Settings:
    port = int((folder / PORT_FILE).read_text())
    settings = load_settings(folder, sandbox=True)
    # The sandbox loses nothing here, and a clock that stops for every sweep would take a minute for five days.
    unswept = {name: channel.model_copy(update={"sweep_minutes": 0}) for name, channel in settings.channels.items()}
    place = f"http://127.0.0.1:{port}"
    return replace(settings, host="127.0.0.1", port=port, public_url=place, channels=unswept)


async def drive(settings: Settings, say: Callable[[str], None]) -> tuple[Books, list[Expectation]]:
    """Play what is left, then read the books."""
    clock = ManualClock(resume_at(settings))
    names = {a: p.name for p in read_script(settings.folder).people for a in (p.phone, p.slack) if a}
    async with serving(settings, clock, with_sandbox=True) as (gateway, sandbox):
        assert sandbox is not None  # noqa: S101 - asked for in the line above
        await sandbox.start()
        gateway.on_decided = Story(say, names, clock.now).tell
        await Driver(gateway, sandbox, clock, START, settings.folder / MARKS).play(say)
        books = await gateway.storage.read(lambda t: read_books(t, CAMPAIGN))
        return books, expectations(books, sandbox)


def resume_at(settings: Settings) -> datetime:
    """The demo's clock never goes back, not even over a restart."""
    storage = Storage(settings.database)
    try:
        storage.migrate()
        with storage.reading() as t:
            return max(START, t.inbox.latest_time() or START)
    finally:
        storage.close()


def tell_end(books: Books, met: list[Expectation], say: Callable[[str], None]) -> int:
    say("== the final state")
    for person in books.people:
        talks = ", ".join(f"{talk['node']} {talk['status']}" for talk in person["communications"])
        say(f"{person['name']:8} {person['fields'].get('payment_status', ''):10} {talks}")
    say("== what was expected")
    for expectation in met:
        say(f"{'yes' if expectation.met else 'NO '}  {expectation.text}")
    missed = sum(not expectation.met for expectation in met)
    say(f"{len(met) - missed} of {len(met)} as expected")
    return 1 if missed else 0
