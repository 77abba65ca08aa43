"""kill -9 while somebody outside is asked: after a restart they are asked again, and the path goes on once."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from gateway.demo.play import free_port
from gateway.settings import SANDBOX_API_TOKEN
from tests.crash.live import Live, running, wait_until
from tests.crash.processes import killed_at, run
from tests.gateway.running import SETTINGS

RULES = """
campaign: ask
fields:
  score: {type: integer}
flows:
  main:
    joined: {when: participant_created, next: ask_crm}
    ask_crm: {do: call_webhook, service: crm, sets: [score], cases: {go: rate}, failed: failed}
    rate: {do: run_python, function: scoring.rate, cases: {good: good}, next: failed, failed: failed}
    good: {do: finish, outcome: good}
    failed: {do: finish, outcome: failed}
"""
PLAY = """
[play]
campaign = "ask"
contacts = "contacts.csv"
"""
CODE = """
def rate(call):
    with open("rated", "a") as file:
        file.write(call["call"] + " ")
    return {"outcome": "good" if call["participant"]["fields"]["score"] == 7 else "bad"}
"""


@contextmanager
def service(keys: list[str]) -> Iterator[int]:
    """A service that notes the key of each call; the port it listens at."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            keys.append(self.headers["Idempotency-Key"])
            body = json.dumps({"fields": {"score": 7}, "outcome": "go"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def write_project(folder: Path, port: int) -> None:
    for name in ("rules", "actions"):
        (folder / name).mkdir()
    own = free_port()
    more = f'[services.crm]\nurl = "http://127.0.0.1:{port}"\n[actions]\nallow = ["scoring.rate"]\ntime_limit = 20\n'
    (folder / "pointsman.toml").write_text(f"port = {own}{SETTINGS}{more}")
    (folder / "port").write_text(str(own))
    (folder / "rules" / "ask.yaml").write_text(RULES)
    (folder / "actions" / "scoring.py").write_text(CODE)
    (folder / "sandbox.toml").write_text(PLAY)
    (folder / "contacts.csv").write_text("phone\n+4915112345601\n")


def outcomes(live: Live) -> list[str]:
    path, key = "/api/v1/campaigns/ask/participants", f"Bearer {SANDBOX_API_TOKEN}"
    status, page = live.ask("GET", path, Authorization=key)
    return [person["outcome"] for person in page["participants"]] if status == 200 else []


@pytest.mark.parametrize(
    ("point", "number", "asked", "rated"),
    [
        ("a service was asked, nobody knows", 1, 2, 1),
        ("answered, not told", 1, 2, 1),
        ("a function was run, nobody knows", 1, 1, 2),
    ],
)
def test_whoever_was_being_asked_is_asked_again_under_the_same_key_and_the_path_goes_on_once(
    tmp_path: Path, point: str, number: int, asked: int, rated: int
) -> None:
    keys: list[str] = []
    with service(keys) as port:
        write_project(tmp_path, port)
        attempt = run(*killed_at(point, number), "run", "--sandbox", "-C", str(tmp_path))
        assert attempt.was_killed, attempt.output
        with running(tmp_path) as live:
            wait_until(lambda: outcomes(live) == ["good"])
    ratings = (tmp_path / "actions" / "rated").read_text().split()

    assert (len(keys), len(set(keys))) == (asked, 1)
    assert (len(ratings), len(set(ratings))) == (rated, 1)
