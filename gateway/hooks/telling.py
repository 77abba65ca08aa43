"""Who outside is told of what: notices become deliveries, in the transaction that does what they tell of."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from gateway.hooks.kinds import KINDS
from gateway.ids import new_id
from gateway.settings_file import HookSettings
from storage.transaction import Transaction


class Notice(NamedTuple):
    """Something that happened. ``kind`` is its type (see `gateway.hooks.kinds`), ``customer`` whom it is about ("":
    nobody we know), ``data`` JSON."""

    kind: str
    customer: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Telling:
    """Each hook by its name, with the types that it is told. Without hooks it is false, and costs nothing."""

    hooks: Mapping[str, Collection[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.hooks)

    def wants(self, kind: str) -> bool:
        """Whether any hook is told this."""
        return any(kind in kinds for kinds in self.hooks.values())

    def tell(self, t: Transaction, notices: Iterable[Notice], now: datetime) -> None:
        """Owe each of these, which happened ``now`` (UTC) in this order, to each hook that is told such."""
        told = [(hook, one) for one in notices for hook, kinds in self.hooks.items() if one.kind in kinds]
        t.deliveries.owe(
            [
                {
                    "id": new_id(),
                    "hook": hook,
                    "kind": one.kind,
                    "customer": one.customer,
                    "payload": dict(one.data),
                    "created_at": now,
                    "next_at": now,
                }
                for hook, one in told
            ]
        )


def telling_of(hooks: Mapping[str, HookSettings]) -> Telling:
    """Who is told of what by the settings of these hooks: of everything where they name no types."""
    return Telling({name: frozenset(hook.events or KINDS) for name, hook in hooks.items()})


SILENT = Telling()
