"""Run `pointsman` as the process it is, and end it as a power cut would."""

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.forking.processes import Told, told
from tests.log_watch import WATCH

KILL_AT = Path(__file__).with_name("kill_at.py")
POINTSMAN = (sys.executable, "-c", "from gateway.cli import main; main()")
LONGEST = 90.0  # seconds after which a process hangs

Line = tuple[str, ...]


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code (below 0: the signal) and what it wrote."""

    code: int
    output: str

    @property
    def was_killed(self) -> bool:
        return self.code == -signal.SIGKILL


@dataclass(frozen=True)
class End:
    """Where a demo has got to: the gateway's final state, and what the providers took and delivered."""

    people: Any
    transcript: Counter[Line]


def started(command: Sequence[str], settings: Mapping[str, str] = {}) -> Told:
    """The process, with these environment variables beside ours; as a context, it is gone after the block."""
    return told(command, settings)


def ended(process: Told, seconds: float = LONGEST) -> Ended:
    """Wait for the end of the process. Raises TimeoutExpired."""
    code = process.wait(seconds)
    WATCH.written(output := process.words())
    return Ended(code, output)


def run(*command: str, kill_after: float | None = None) -> Ended:
    """Run to the end, or kill -9 after so many seconds."""
    with started(command) as process:
        try:
            return ended(process, LONGEST if kill_after is None else kill_after)
        except subprocess.TimeoutExpired:
            if kill_after is None:
                raise
            process.kill()
            return ended(process)


def killed_at(point: str, number: int) -> tuple[str, ...]:
    """The command `pointsman` that dies at the ``number``-th passing of the point."""
    return sys.executable, str(KILL_AT), point, str(number)


def demo(folder: Path, command: Sequence[str] = POINTSMAN, *, kill_after: float | None = None) -> Ended:
    """`pointsman demo` in this folder."""
    return run(*command, "demo", "--folder", str(folder), kill_after=kill_after)


def demo_after_kills(folder: Path, kills: Sequence[float]) -> Ended:
    """Start the demo and kill it, once for each number of seconds in ``kills``, then let it end."""
    for seconds in kills:
        attempt = demo(folder, kill_after=seconds)
        if not attempt.was_killed:
            return attempt
    return demo(folder)


def end_of(folder: Path) -> End:
    """What the demo in this folder has come to."""
    return End(json.loads((folder / "final.json").read_text("utf-8")), transcript(folder / "sandbox.jsonl"))


def transcript(journal: Path) -> Counter[Line]:
    """How often the sandbox's providers saw each message and each press of a button."""
    whole = journal.read_text("utf-8").split("\n")[:-1]
    entries = (json.loads(line) for line in whole)
    return Counter(line for entry in entries for line in lines(entry))


def lines(entry: dict[str, Any]) -> Iterator[Line]:
    """What people would see of one entry of the sandbox's journal."""
    if sms := entry.get("sms"):
        yield "sms", sms["phone"], "in" if sms["inbound"] else "out", sms["text"]
    if post := entry.get("post"):
        yield "post", post["room"], post["user"], post["text"]
    if press := entry.get("press"):
        yield "press", press["room"], press["user"], press["value"]


def differences(wanted: End, found: End) -> str:
    """What is missing and what is too much, for a reader; "" where the two ends are one."""
    pairs = zip(wanted.people, found.people, strict=False)
    parts = {
        "never seen by the provider": wanted.transcript - found.transcript,
        "seen too often by the provider": found.transcript - wanted.transcript,
        "the final state, wanted and found": [pair for pair in pairs if pair[0] != pair[1]],
    }
    return "\n".join(f"{name}: {difference}" for name, difference in parts.items() if difference)
