"""kill -9 while a system outside is told something: after a restart it is told again, under the same id."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from gateway.demo.play import free_port
from tests.crash.live import running, wait_until
from tests.crash.processes import killed_at, run
from tests.gateway.example_rules import HELLO
from tests.gateway.running import SETTINGS

PLAY = """
[play]
campaign = "hello"
contacts = "contacts.csv"
"""


@contextmanager
def receiver(ids: list[str]) -> Iterator[int]:
    """A system that notes the id of everything that it is told; the port it listens at."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            ids.append(self.headers["webhook-id"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def write_project(folder: Path, port: int) -> None:
    (folder / "rules").mkdir()
    own = free_port()
    hook = f'[hooks.crm]\nurl = "http://127.0.0.1:{port}"\nprivate = true\nevents = ["participant.created"]\n'
    (folder / "pointsman.toml").write_text(f"port = {own}{SETTINGS}{hook}")
    (folder / "port").write_text(str(own))
    (folder / "rules" / "hello.yaml").write_text(HELLO)
    (folder / "sandbox.toml").write_text(PLAY)
    (folder / "contacts.csv").write_text("phone\n+4915112345601\n")


@pytest.mark.parametrize(
    ("point", "times"),
    [
        ("a notice is owed, not committed", 1),
        ("a delivery is claimed, not committed", 1),
        ("a delivery is claimed, not sent", 1),
        ("a hook was told, nobody knows", 2),
        ("a delivery is recorded, not committed", 2),
    ],
)
def test_what_was_being_told_is_told_again_under_the_same_id(tmp_path: Path, point: str, times: int) -> None:
    ids: list[str] = []
    with receiver(ids) as port:
        write_project(tmp_path, port)
        attempt = run(*killed_at(point, 1), "run", "--sandbox", "-C", str(tmp_path))
        assert attempt.was_killed, attempt.output
        with running(tmp_path) as live:
            wait_until(lambda: live.is_quiet() and live.ask("GET", "/readyz")[1]["owed_deliveries"] == 0)

    assert (len(ids), len(set(ids))) == (times, 1)
