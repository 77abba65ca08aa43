"""A page that is done as it is read: its files are written, its commands run, and what it shows is compared.

Fenced blocks are steps. `console` holds commands (`$ ...`) and what they print; a comment before a block says where
else its lines belong: `<!-- file: NAME -->` or `<!-- the gateway prints -->`. `<!-- edit: FILE: OLD -> NEW -->` is an
edit that the text describes. What is shown may leave lines out, and `...` stands for anything.
"""

import json
import os
import re
import shlex
import subprocess
import sysconfig
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import Request, urlopen

from click.testing import CliRunner

from gateway.cli import main

SHOWN_ADDRESS = "http://127.0.0.1:8080"
LOOK = 0.02  # seconds between two looks at the gateway
PATIENCE = 60.0  # seconds, after which the gateway is killed and the step that waits for it fails
STEP = re.compile(
    r"<!-- edit: (?P<edited>\S+): (?P<old>.+?) -> (?P<new>.+?) -->"
    r"|(?:<!-- file: (?P<file>\S+) -->\n)?(?P<printed><!-- the gateway prints -->\n)?"
    r"^```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)


@dataclass
class Reader:
    """Does what the page says, in its current folder; the gateway listens on ``port``."""

    port: int
    folder: Path
    gateway: subprocess.Popen[str] | None = None
    done: list[str] = field(default_factory=list)

    def read(self, page: str) -> None:
        """Every step in order. Raises AssertionError at the first that does not go as shown."""
        for step in STEP.finditer(page):
            if step["edited"]:
                self._edit(self.folder / step["edited"], step["old"], step["new"])
            elif step["file"]:
                self._settle()
                (self.folder / step["file"]).write_text(step["text"], "utf-8")
            elif step["printed"]:
                self._await(step["text"].splitlines())
            elif step["language"] == "console":
                for command, shown in _commands(step["text"]):
                    self._run(command, shown)

    def close(self) -> None:
        """Stop the gateway as Ctrl-C does."""
        if self.gateway:
            self.gateway.terminate()
            self.gateway.communicate()

    def _edit(self, file: Path, old: str, new: str) -> None:
        self._settle()
        text = file.read_text("utf-8")
        assert text.count(old) == 1, f"{old} stands in {file.name} {text.count(old)} times"
        file.write_text(text.replace(old, new), "utf-8")

    def _settle(self) -> None:
        """Who edits a file has seen what came of the commands before: nothing waits to be decided any more."""
        deadline = time.monotonic() + PATIENCE
        while self.gateway and self._waiting_events():
            assert time.monotonic() < deadline, f"events still wait after {PATIENCE} seconds"
            time.sleep(LOOK)

    def _waiting_events(self) -> int:
        with urlopen(f"http://127.0.0.1:{self.port}/readyz") as answer:
            return int(json.load(answer)["waiting_events"])

    def _run(self, command: str, shown: list[str]) -> None:
        self.done.append(command)
        program, *arguments = shlex.split(command.replace(SHOWN_ADDRESS, f"http://127.0.0.1:{self.port}"))
        if program == "cd":
            self.folder /= arguments[0]
            os.chdir(self.folder)
        elif program == "curl":
            _compare(shown, _fetched(arguments).splitlines())
        elif arguments[0] == "run":
            self._start(arguments)
            self._await([line.replace(SHOWN_ADDRESS, f"http://127.0.0.1:{self.port}") for line in shown])
        else:
            _compare(shown, CliRunner().invoke(main, arguments).output.splitlines())

    def _start(self, arguments: list[str]) -> None:
        command = [f"{sysconfig.get_path('scripts')}/pointsman", *arguments]
        own = {"POINTSMAN_PORT": str(self.port), "POINTSMAN_PUBLIC_URL": f"http://127.0.0.1:{self.port}"}
        self.gateway = subprocess.Popen(  # noqa: S603
            command, env=os.environ | own, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        killer = threading.Timer(PATIENCE, self.gateway.kill)
        killer.daemon = True
        killer.start()

    def _await(self, shown: list[str]) -> None:
        assert self.gateway is not None
        assert self.gateway.stdout is not None
        _compare(shown, self.gateway.stdout)


def _commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """The commands of a console block, each with the lines shown after it."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, *shown = part.splitlines()
        yield command, shown


def _compare(shown: Iterable[str], printed: Iterable[str]) -> None:
    """Each line shown is printed, in that order; of a stream no more is read than is needed."""
    lines, seen = iter(printed), list[str]()
    for wanted in shown:
        pattern = re.compile(".*".join(map(re.escape, wanted.rstrip().split("..."))))
        for line in lines:
            seen.append(line.rstrip())
            if pattern.fullmatch(line.rstrip()):
                break
        else:
            raise AssertionError(f"not printed: {wanted}\nbut:\n" + "\n".join(seen))


def _fetched(arguments: list[str]) -> str:
    """What curl prints for `-X METHOD URL -H HEADER ... -d BODY`."""
    method, url, *rest = arguments[1:]
    pairs = list(zip(rest[::2], rest[1::2], strict=True))
    headers = dict(value.split(": ", 1) for flag, value in pairs if flag == "-H")
    body = next(value for flag, value in pairs if flag == "-d")
    with urlopen(Request(url, body.encode(), headers, method=method)) as answer:  # noqa: S310 - the gateway's own
        return str(answer.read().decode())
