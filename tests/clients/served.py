"""A gateway as it is run, with the example project at work in the sandbox, for programs that speak to its API."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from gateway.commands.beginning import write_project
from gateway.demo.play import free_port
from tests.crash.processes import POINTSMAN
from tests.forking.processes import REPOSITORY

TOKEN = "token-of-the-clients"
CAMPAIGN = "payment_reminder"
HOOK = "books"
READY_SECONDS = 60.0
LIVELY_SECONDS = 60.0  # until the people of the sandbox have been written to, and somebody has answered
LOOK = 0.25  # seconds between two looks

Json = dict[str, Any]


@dataclass(frozen=True)
class Served:
    """Where the API is, and with which token."""

    port: int
    token: str = TOKEN

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v1"

    def get(self, path: str) -> Json:
        """The JSON at a path below `url`. Raises OSError."""
        request = Request(f"{self.url}{path}", headers={"Authorization": f"Bearer {self.token}"})  # noqa: S310
        with urlopen(request, timeout=10) as answer:  # noqa: S310 - our own program
            found: Json = json.load(answer)
            return found


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """`pointsman run --sandbox` over a new project in ``folder``, once its people are talking; it is gone after the
    block. What it wrote stays in `gateway.log` there."""
    gateway = Served(free_port())
    project, log = folder / "project", folder / "gateway.log"
    write_project(project, date.today())
    with (project / "pointsman.toml").open("a", encoding="utf-8") as file:
        file.write(f'[hooks.{HOOK}]\nurl = "http://127.0.0.1:{gateway.port}/nobody"\nprivate = true\n')
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), **settings(gateway)}
    with (
        log.open("wb") as out,
        subprocess.Popen(  # noqa: S603 - our own program
            (*POINTSMAN, "run", "--sandbox", "-C", str(project)), env=environment, stdout=out, stderr=out
        ) as process,
    ):
        try:
            until(lambda: is_ready(gateway), READY_SECONDS, process, log)
            until(lambda: is_lively(gateway), LIVELY_SECONDS, process, log)
            yield gateway
        finally:
            process.terminate()


def settings(gateway: Served) -> Mapping[str, str]:
    """No limit of requests a minute that a fast client meets."""
    return {
        "POINTSMAN_PORT": str(gateway.port),
        "POINTSMAN_PUBLIC_URL": f"http://127.0.0.1:{gateway.port}",
        "POINTSMAN_API_TOKEN": gateway.token,
        "POINTSMAN_API__REQUESTS_PER_MINUTE": "1000000",
        f"POINTSMAN_HOOKS__{HOOK.upper()}__SECRET": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    }


def is_ready(gateway: Served) -> bool:
    return bool(gateway.get("/campaigns")["campaigns"])


def is_lively(gateway: Served) -> bool:
    return bool(gateway.get("/sessions")["sessions"])


def until(wanted: Callable[[], bool], seconds: float, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until it is so. Raises TimeoutError with the end of the log, also where the process has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            if wanted():
                return
        except OSError:
            pass  # it does not listen yet
        time.sleep(LOOK)
    raise TimeoutError(log.read_text("utf-8", "replace")[-2_000:])
