"""Hosts on one machine: network namespaces on a bridge, whose cables can be pulled. Linux, as root."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

BRIDGE = "pmbridge"
OUTSIDE = "10.99.0.1"  # where we are ourselves, and the providers
PREFIX = 24
INSIDE = "eth0"  # what a host calls its end of the cable


def is_possible() -> bool:
    """Whether this machine lets us make namespaces, and has `ip`."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    made = subprocess.run(("ip", "netns", "add", "pmprobe"), capture_output=True, check=False)  # noqa: S607
    subprocess.run(("ip", "netns", "del", "pmprobe"), capture_output=True, check=False)  # noqa: S607
    return made.returncode == 0


def ip(*arguments: str) -> None:
    """`ip ...`. Raises CalledProcessError."""
    subprocess.run(("ip", *arguments), check=True, capture_output=True)  # noqa: S603, S607 - our own arguments


@dataclass(frozen=True, slots=True)
class Host:
    """A machine of its own, as far as the network goes."""

    name: str
    address: str

    @property
    def inside(self) -> tuple[str, ...]:
        """What a command begins with that runs on this host."""
        return ("ip", "netns", "exec", self.name)

    @property
    def cable(self) -> str:
        """Our end of it; Linux allows 15 characters."""
        return f"{self.name}-end"

    def cut(self) -> None:
        """Nothing comes to the host or from it any more; nobody is told."""
        ip("link", "set", self.cable, "down")

    def heal(self) -> None:
        """The cable is in again."""
        ip("link", "set", self.cable, "up")

    def make(self) -> None:
        ip("netns", "add", self.name)
        ip("link", "add", self.cable, "type", "veth", "peer", "name", INSIDE, "netns", self.name)
        ip("link", "set", self.cable, "master", BRIDGE, "up")
        ip("-n", self.name, "addr", "add", f"{self.address}/{PREFIX}", "dev", INSIDE)
        for device in ("lo", INSIDE):
            ip("-n", self.name, "link", "set", device, "up")


@contextmanager
def network(hosts: Sequence[Host]) -> Iterator[None]:
    """These hosts on one bridge, and ourselves at `OUTSIDE`; all of it is gone after the block."""
    with ExitStack() as stack:
        ip("link", "add", BRIDGE, "type", "bridge")
        stack.callback(ip, "link", "del", BRIDGE)
        ip("addr", "add", f"{OUTSIDE}/{PREFIX}", "dev", BRIDGE)
        ip("link", "set", BRIDGE, "up")
        for host in hosts:
            stack.callback(ip, "netns", "del", host.name)
            host.make()
        yield
