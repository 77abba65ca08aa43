"""A `pointsman run --sandbox` to talk to, stop and kill."""

import json
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from gateway.commands.beginning import write_project
from gateway.demo.play import free_port
from gateway.playing import upload_of
from gateway.sandboxes import JOURNAL, read_script
from gateway.settings import SANDBOX_API_TOKEN, SANDBOX_DEFAULTS
from tests.channels.signing import twilio_signature
from tests.conftest import prepared_file
from tests.crash.processes import POINTSMAN, End, Ended, ended, started, transcript
from tests.forking.processes import Told

CAMPAIGN = "payment_reminder"
GRETA = "+4915112345607"
PATIENCE = 30.0  # seconds for something to come true
LOOK = 0.02  # seconds between two looks
QUIET_LOOKS = 10
OWN = frozenset(("participant", "customer", "created_at", "updated_at", "id", "at", "talk"))  # differs at each run
RACES = frozenset(("reminded",))  # overdue after a restart, the delivery report and the answer come in any order

SILENT_PEOPLE = """
[play]
campaign = "payment_reminder"
contacts = "contacts.csv"
[[people]]
name = "Greta"
phone = "+4915112345607"
[[people]]
name = "Carla"
slack = "U00000003"
"""


@dataclass(frozen=True)
class Live:
    """One process on one project's address."""

    process: Told
    folder: Path
    port: int

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, Any]:
        """Status and JSON of an answer; (0, None) where nobody answers."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body.encode(), {name.replace("_", "-"): v for name, v in headers.items()})
            answer = connection.getresponse()
            content = answer.read()
            return answer.status, json.loads(content) if "json" in str(answer.headers["Content-Type"]) else None
        except (OSError, HTTPException):
            return 0, None
        finally:
            connection.close()

    def tell(self, deed: str, **what: Any) -> None:
        """Have the sandbox do something."""
        status, answer = self.ask("POST", f"/sandbox/{deed}", json.dumps(what), Content_Type="application/json")
        assert status == 200, answer

    def webhook(self, key: str, text: str) -> int:
        """Greta's SMS as Twilio would bring it; how it was answered."""
        fields = {"MessageSid": key, "AccountSid": "AC" + "0" * 32, "From": GRETA, "To": "+15550001111", "Body": text}
        path, body = "/webhooks/sms/inbound", urlencode({**fields, "NumMedia": "0"})
        token = SANDBOX_DEFAULTS["twilio"]["auth_token"]
        signature = twilio_signature(f"http://127.0.0.1:{self.port}{path}", body.encode(), token)
        form = "application/x-www-form-urlencoded"
        return self.ask("POST", path, body, X_Twilio_Signature=signature, Content_Type=form)[0]

    def is_ready(self) -> bool:
        return self.ask("GET", "/readyz")[0] == 200

    def is_quiet(self) -> bool:
        """Nothing waits, nothing is owed by us, and the people of the sandbox have said all they wanted to say."""
        ready, sandbox = self.ask("GET", "/readyz")[1], self.ask("GET", "/sandbox/state")[1]
        if not (ready and sandbox) or ready["status"] != "ready":
            return False
        owed = (ready["spooled_events"], ready["waiting_events"], ready["owed_messages"], sandbox["owed"])
        return not any(owed) and self.has_begun()

    def has_begun(self) -> bool:
        """All are in that the sandbox brings at its first start: it answers before, and who writes then is unknown."""
        if not (play := read_script(self.folder).play):
            return True
        path = f"/api/v1/campaigns/{play.campaign}/uploads/{upload_of(play)}"
        status, upload = self.ask("GET", path, Authorization=f"Bearer {SANDBOX_API_TOKEN}")
        return status == 200 and upload["finished_at"] is not None

    def wait_until_quiet(self) -> None:
        looks = 0

        def lasts() -> bool:
            nonlocal looks
            looks = looks + 1 if self.is_quiet() else 0
            return looks > QUIET_LOOKS

        wait_until(lasts)

    def people(self) -> list[Any]:
        """Every participant as the API shows them, without what differs from run to run."""
        path = f"/api/v1/campaigns/{CAMPAIGN}/participants"
        status, page = self.ask("GET", path, Authorization=f"Bearer {SANDBOX_API_TOKEN}")
        assert status == 200
        return sorted(map(plain, page["participants"]), key=json.dumps)

    def reached(self) -> End:
        """Where the conversation has got to."""
        return End(self.people(), transcript(self.folder / JOURNAL))

    def balances_told(self, verb: str = "is due") -> int:
        """How often Greta's phone was told what she owes."""
        lines = transcript(self.folder / JOURNAL).elements()
        return sum(
            line[:3] == ("sms", GRETA, "out") and line[3].startswith(f"Greta, 35.20 EUR {verb}") for line in lines
        )

    def kill_after(self, seconds: float) -> None:
        """Let it work for so long, then kill -9."""
        time.sleep(seconds)
        assert self.end(signal.SIGKILL).was_killed

    def end(self, number: signal.Signals) -> Ended:
        """Send a signal and wait for the end."""
        self.process.send_signal(number)
        return ended(self.process)


@contextmanager
def running(folder: Path, command: Sequence[str] = POINTSMAN) -> Iterator[Live]:
    """The gateway at work on this project, ready to be asked; nothing is left of it after the block."""
    port = int((folder / "port").read_text())
    environment = {"POINTSMAN_PORT": str(port), "POINTSMAN_PUBLIC_URL": f"http://127.0.0.1:{port}"}
    with started((*command, "run", "--sandbox", "-C", str(folder)), environment) as process:
        live = Live(process, folder, port)
        wait_until(lambda: live.is_ready() or process.poll() is not None)
        assert process.poll() is None, ended(process).output
        yield live


def project(folder: Path, people: str = SILENT_PEOPLE) -> Path:
    """A fresh example project, its sandbox peopled as told, at a port of its own; its database has the tables."""
    write_project(folder, datetime.now(UTC).date())
    prepared_file(folder / "pointsman.db")
    (folder / "sandbox.toml").write_text(f'rooms = ["general", "billing"]\n{people}', "utf-8")
    (folder / "port").write_text(str(free_port()))
    return folder


def wait_until(met: Callable[[], bool]) -> None:
    """Look again and again. Raises TimeoutError past `PATIENCE`."""
    deadline = time.monotonic() + PATIENCE
    while not met():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {PATIENCE} seconds in vain")
        time.sleep(LOOK)


def plain(value: Any) -> Any:
    """A JSON value without what differs from run to run."""
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in sorted(value.items()) if name not in OWN | RACES}
    return [plain(inner) for inner in value] if isinstance(value, list) else value
