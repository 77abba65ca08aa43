"""The outside services and the operator's functions, in a simulation.

What a service answers is a list of rows, of which the first that fits is taken: ``when`` is a part of the request
that must be there, ``times`` how often the row may be taken; it answers with the JSON object ``answer``, with the HTTP
status ``status``, or not in time (``slow``). Where no row fits, it answers 404.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from gateway.calls.outcomes import MAX_ANSWER_BYTES, Outcome, Refused, Unanswered, read_answer
from gateway.calls.posting import Service, refusal
from gateway.calls.python_worker import ANSWER, Functions
from gateway.settings_file import ServiceSettings
from storage.values import OwedCall

URL, SECRET = "https://simulation.invalid/", "simulated-secret"
NO_ROW: Mapping[str, Any] = {"status": 404}
MEMORY_MB = 512  # named where a function needs more than there is

Rows = Sequence[Mapping[str, Any]]


@dataclass
class Answers:
    """What somebody outside answers, and all that they were ``asked`` so far (each call once, however often tried)."""

    rows: Rows = ()
    asked: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _taken: Counter[int] = field(default_factory=Counter)
    _seen: int = 0

    def new(self) -> list[Mapping[str, Any]]:
        """What they were asked since this was last looked at."""
        found = list(self.asked.values())[self._seen :]
        self._seen += len(found)
        return found

    def row_for(self, call: OwedCall) -> Mapping[str, Any]:
        """The row that answers this call; `NO_ROW` where none fits."""
        self.asked[call.id] = call.body
        for number, row in enumerate(self.rows):
            if holds(call.body, row.get("when", {})) and self._taken[number] < row.get("times", float("inf")):
                self._taken[number] += 1
                return row
        return NO_ROW


class SimulatedService(Service):
    """A service of the settings that is asked without a wire; how often, and after what pauses, is the real thing."""

    def __init__(self, name: str, answers: Answers) -> None:
        settings = ServiceSettings.model_validate({"url": URL, "secret": SECRET})
        super().__init__(name, settings)
        self.answers = answers

    async def ask(self, call: OwedCall, now: datetime) -> Outcome:
        return outcome(self.name, self.answers.row_for(call), self.settings.timeout)


@dataclass
class SimulatedFunctions:
    """The operator's functions. Those of ``answers`` answer as told; any other in ``folder`` that is ``allowed``
    runs, in this process, where no network is."""

    folder: Path | None = None
    allowed: frozenset[str] = frozenset()
    answers: Mapping[str, Answers] = field(default_factory=dict)
    _functions: Functions | None = None

    def opens_at(self, now: datetime) -> datetime:
        return now

    def room(self, now: datetime, asking: int) -> int:
        return 1 - asking

    def claimed(self, now: datetime) -> None:
        """Nothing counts them."""

    def begun(self, now: datetime) -> None:
        """Nothing counts them."""

    def ended(self, outcome: Outcome, now: datetime) -> None:
        """Nothing counts them."""

    def cut_off(self) -> None:
        """Nothing counts them."""

    async def close(self) -> None:
        """Forget the operator's modules: another world may have others of the same names."""
        if self._functions is not None and self.folder is not None:
            forget(self.folder.resolve())

    async def ask(self, call: OwedCall, now: datetime) -> Outcome:
        if call.target in self.answers:
            return outcome(call.target, self.answers[call.target].row_for(call), 0.0)
        if self.folder is None or call.target not in self.allowed:
            return Refused(f"{call.target} is not among the functions that may run")
        kind, text = self._run(self.folder, call)
        return read_answer(call.target, text) if kind == ANSWER else Refused(text.decode("utf-8", "replace"))

    def _run(self, folder: Path, call: OwedCall) -> tuple[bytes, bytes]:
        if self._functions is None:
            self._functions = Functions(folder, MEMORY_MB, MAX_ANSWER_BYTES)
        with as_guest(folder):
            return self._functions.run(call.target, dict(call.body))


@contextmanager
def as_guest(folder: Path) -> Iterator[None]:
    """The modules of a folder can be imported; what they print goes to standard error, and no file is written there."""
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.path.insert(0, str(folder))
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        sys.path.remove(str(folder))
        sys.dont_write_bytecode = writes


def forget(folder: Path) -> None:
    """Unload the modules that came from this folder (absolute, without links)."""
    for name, module in tuple(sys.modules.items()):
        file = Path(getattr(module, "__file__", None) or "")
        if file.is_absolute() and file.resolve().is_relative_to(folder):
            del sys.modules[name]


def outcome(name: str, row: Mapping[str, Any], timeout: float) -> Outcome:
    """What comes of a call that this row answers."""
    if row.get("slow"):
        return Unanswered(f"{name} did not answer within {timeout:g} s")
    if refused := refusal(name, int(row.get("status", 200)), 0.0):
        return refused
    return read_answer(name, json.dumps(row.get("answer", {})).encode())


def holds(whole: object, part: object) -> bool:
    """Whether everything of ``part`` is in ``whole``, at the same place."""
    if isinstance(part, Mapping):
        return isinstance(whole, Mapping) and all(name in whole and holds(whole[name], part[name]) for name in part)
    return whole == part
