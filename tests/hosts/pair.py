"""Two gateways, each on a host of its own, as one subject of a test."""

import asyncio
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.processes import PROGRAM, Child, Stuck, Subject, until
from tests.chaos.program import NOWHERE
from tests.hosts.network import OUTSIDE, Host

PORT = 8_080  # of each gateway, on its host
COUNTED = ("waiting_events", "owed_messages", "open_calls")  # which both count alike, for they are in the database


@dataclass
class Gateway:
    """One gateway process on a host."""

    host: Host
    child: Child
    outward: (
        Child  # by which it reaches the providers as if they were on its host: elsewhere they would have to be https
    )

    @property
    def url(self) -> str:
        return f"http://{self.host.address}:{PORT}"

    def start(self) -> None:
        self.child.start()


@dataclass
class Pair(Subject):
    """Both run the same project, each from files of its own. `owed` asks both."""

    gateways: list[Gateway] = field(default_factory=list)

    def settle(self, hosts: list[Host]) -> None:
        """Put the project on each host."""
        self.gateways = [Gateway(host, self._child(host), self._outward(host)) for host in hosts]
        for gateway in self.gateways:
            gateway.outward.start()

    def _child(self, host: Host) -> Child:
        folder = self.project.folder / host.name
        shutil.copytree(self.project.rules.parent, folder / "rules")
        text = (self.project.folder / "pointsman.toml").read_text()
        at = f'host = "0.0.0.0"\nport = {PORT}'
        (folder / "pointsman.toml").write_text(text.replace(f"port = {self.project.port}", at))
        run = ("run", "--role", "all", "-C", str(folder))
        command = (*host.inside, sys.executable, str(PROGRAM), str(folder / "trouble"), NOWHERE, "1", *run)
        return Child(command, self.project.folder / f"{host.name}.log", self.project.environment())

    def _outward(self, host: Host) -> Child:
        port = str(self.project.provider_port)
        command = (*host.inside, sys.executable, "-m", "tests.hosts.balancer", port, OUTSIDE, port)
        return Child(command, self.project.folder / f"{host.name}.outward.log")

    async def up(self) -> None:
        """Both run and answer. Raises `Stuck`."""
        for gateway in self.gateways:
            if not gateway.child.runs:
                gateway.start()
        for gateway in self.gateways:
            await until(lambda gateway=gateway: self._answers(gateway), f"the gateway on {gateway.host.name}")  # type: ignore[misc]

    async def _answers(self, gateway: Gateway) -> bool:
        if not gateway.child.runs:
            raise Stuck(f"{gateway.host.name} ended: {gateway.child.last_words()}")
        return (await self.ask("GET", f"{gateway.url}/readyz"))[0] == 200

    async def owed(self) -> dict[str, int]:
        """What is still to come; {"answer": 1} while somebody does not even say so."""
        told = await asyncio.gather(*(self.ask("GET", f"{gateway.url}/readyz") for gateway in self.gateways))
        state = (await self.ask("GET", f"{self.project.provider_url}/sandbox/state"))[1]
        ready = [answer for _, answer in told if answer and "waiting_events" in answer]
        if len(ready) < len(self.gateways) or not state:
            return {"answer": 1}
        counts = {name: max(int(one.get(name, 0)) for one in ready) for name in COUNTED}
        counts |= {"spooled_events": sum(int(one.get("spooled_events", 0)) for one in ready)}
        counts |= {"webhooks": int(state["owed"])}
        return {name: count for name, count in counts.items() if count}

    async def stop(self) -> None:
        """Nothing of this is left running."""
        for gateway in self.gateways:
            await gateway.child.kill()
            await gateway.outward.kill()
        await self.provider.kill()


def provider_outside(folder: Path, port: int) -> Child:
    """The providers, whom the hosts reach, too."""
    command = (sys.executable, "-m", "tests.chaos.provider", str(folder), str(port), "0.0.0.0")  # noqa: S104 - the bridge
    return Child(command, folder / "provider.log")
