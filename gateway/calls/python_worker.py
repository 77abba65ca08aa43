"""The worker process: runs the operator's functions, one after another, for as long as its standard input is open.

It is run as a script and imports nothing but the standard library, so that it starts fast and holds nothing of ours.
What it is asked comes in lines of JSON; what it answers goes out in lines, `A` and the JSON that a function returned
or `E` and a sentence. A function that prints cannot disturb that: both ways are moved aside before anything is loaded.
"""

import importlib
import json
import os
import resource
import signal
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from traceback import walk_tb
from types import ModuleType
from typing import Any, BinaryIO

GRACE_SECONDS = 2.0  # past the time limit the process ends itself, should nobody be left to end it
MEGABYTE = 1_048_576
READY, ANSWER, ERROR = b"R", b"A", b"E"

Stamp = frozenset[tuple[str, int, int]]


def main(folder: str, memory_mb: str, seconds: str, most_bytes: str) -> None:
    """Answer every line; return at the end of the input."""
    asked, answers = private_pipes()
    limit_memory(int(memory_mb) * MEGABYTE)
    sys.path.insert(0, folder)
    functions = Functions(Path(folder), int(memory_mb), int(most_bytes))
    say(answers, READY, b"")
    for line in asked:
        request = json.loads(line)
        signal.setitimer(signal.ITIMER_REAL, float(seconds) + GRACE_SECONDS)
        say(answers, *functions.run(request["function"], request["body"]))
        signal.setitimer(signal.ITIMER_REAL, 0)


def private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The pipes to the gateway. In their place a function reads nothing, and what it prints goes to standard error."""
    asked, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return os.fdopen(asked, "rb"), os.fdopen(answers, "wb")


def limit_memory(most: int) -> None:
    """In bytes of address space; macOS knows no such limit."""
    if sys.platform != "darwin":
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def say(answers: BinaryIO, kind: bytes, text: bytes) -> None:
    answers.write(kind + text + b"\n")
    answers.flush()


class Functions:
    """The functions of the operator's folder. A file that was changed is loaded anew, and so are its neighbours."""

    def __init__(self, folder: Path, memory_mb: int, most_bytes: int) -> None:
        self._folder = folder.resolve()
        self._memory_mb = memory_mb
        self._most_bytes = most_bytes
        self._loaded: Stamp = frozenset()

    def run(self, name: str, body: dict[str, Any]) -> tuple[bytes, bytes]:
        """What the function answers, or why it did not: the error's type and its line, never its words, which may
        quote what people wrote."""
        try:
            return self._encoded(name, self._function(name)(body))
        except MemoryError:
            return sentence(f"{name} needed more than {self._memory_mb} MB")
        except BaseException as error:  # SystemExit, too: the function ends, not the process
            return sentence(f"{name} failed: {type(error).__name__}{self._place(error)}")

    def _encoded(self, name: str, answer: Any) -> tuple[bytes, bytes]:
        """The answer as JSON; None is an empty object. One that is too long is cut off, so that it shows."""
        try:
            text = json.dumps({} if answer is None else answer, default=plain, allow_nan=False, separators=(",", ":"))
        except (TypeError, ValueError, RecursionError):
            return sentence(f"{name} answered with something that is no JSON object")
        return ANSWER, text.encode("ascii")[: self._most_bytes + 1]

    def _function(self, name: str) -> Any:
        self._forget_changed()
        module_name, _, function = name.rpartition(".")
        return getattr(self._module(module_name), function)

    def _module(self, name: str) -> ModuleType:
        module = importlib.import_module(name)
        if not self._is_ours(getattr(module, "__file__", None)):
            raise ImportError(f"{name} is not in the folder")
        return module

    def _forget_changed(self) -> None:
        stamp = self._stamp()
        if stamp == self._loaded:
            return
        self._loaded = stamp
        importlib.invalidate_caches()
        for name in [n for n, m in sys.modules.items() if self._is_ours(getattr(m, "__file__", None))]:
            del sys.modules[name]

    def _stamp(self) -> Stamp:
        found = ((str(path), path.stat()) for path in self._folder.rglob("*.py"))
        return frozenset((path, stat.st_mtime_ns, stat.st_size) for path, stat in found)

    def _is_ours(self, file: str | None) -> bool:
        path = Path(file or "")
        return path.is_absolute() and path.resolve().is_relative_to(self._folder)

    def _place(self, error: BaseException) -> str:
        """Where in the operator's files it went wrong, the innermost place."""
        if isinstance(error, SyntaxError) and self._is_ours(error.filename):
            return f" at {Path(str(error.filename)).name}:{error.lineno}"
        frames = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
        places = [f" at {Path(file).name}:{line}" for file, line in frames if self._is_ours(file)]
        return places[-1] if places else ""


def plain(value: Any) -> str:
    """Dates and decimal numbers as rule files write them."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError


def sentence(text: str) -> tuple[bytes, bytes]:
    return ERROR, text.encode("utf-8", "replace").replace(b"\n", b" ")


if __name__ == "__main__":
    main(*sys.argv[1:])
