"""How many refusals each remote address has left: a token bucket for each, in bounded memory."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from time import monotonic

BURST = 60  # refusals that an address may collect at once
PER_SECOND = 1.0  # refusals that it gets back
MAX_ADDRESSES = 10_000  # addresses remembered, some 2 MB; the one that was refused longest ago is forgotten first


@dataclass
class Bucket:
    """So many refusals ``left`` at a moment (seconds)."""

    left: float
    at: float


@dataclass
class Buckets:
    """The buckets of all addresses. An address that is not remembered has a full one. ``now`` is in seconds, ``burst``
    how many refusals a full one holds."""

    now: Callable[[], float] = monotonic
    burst: int = field(default_factory=lambda: BURST)
    _known: "OrderedDict[str, Bucket]" = field(default_factory=OrderedDict)

    def __len__(self) -> int:
        return len(self._known)

    def wait(self, address: str) -> int:
        """0 while this address has a refusal left, else the whole seconds until it has one again."""
        left = self._left(address)
        return 0 if left >= 1 else ceil((1 - left) / PER_SECOND)

    def take(self, address: str) -> bool:
        """One refusal more; False where none was left."""
        left = self._left(address)
        self._known[address] = Bucket(max(left - 1, 0) if left >= 1 else left, self.now())
        self._known.move_to_end(address)
        if len(self._known) > MAX_ADDRESSES:
            self._known.popitem(last=False)
        return left >= 1

    def _left(self, address: str) -> float:
        bucket = self._known.get(address)
        full = float(self.burst)
        return min(full, bucket.left + (self.now() - bucket.at) * PER_SECOND) if bucket else full
