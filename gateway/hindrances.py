"""What keeps a campaign from running: looked at when it is started, and when the gateway starts with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gateway.planning import why_lost
from gateway.rulebooks import Rulebooks
from rules.actions.call_webhook import CallWebhook
from rules.agents.webhook import Webhook
from rules.book import Rulebook
from storage.transaction import Transaction
from storage.values import Row

NO_RULES = "there is no usable rule file: run `pointsman check`"
SHOWN_HASH = 12  # characters of a content hash that tell versions apart


@dataclass(frozen=True, slots=True)
class Hindrances:
    """``missing`` are the services of the settings that lack their secret, each with the variable it belongs in."""

    rulebooks: Rulebooks
    missing: Mapping[str, str]

    def of(self, t: Transaction, campaign: str) -> tuple[str, ...]:
        """Why the campaign cannot run, each reason in the operator's words; nothing where it can."""
        book = self.rulebooks.active.get(campaign)
        if book is None:
            return (NO_RULES,)
        return (*self._without_secret(book), *self._unreadable(t, campaign))

    def _without_secret(self, book: Rulebook) -> Iterator[str]:
        for service in sorted(services_of(book) & self.missing.keys()):
            yield f"the service {service} has no secret: set {self.missing[service]} and restart the gateway"

    def _unreadable(self, t: Transaction, campaign: str) -> Iterator[str]:
        """Versions on which something waits, and which the program or the settings of today refuse."""
        waiting = {hash for _, hash in (*t.runs.counts(campaign), *t.communications.planned(campaign))}
        self.rulebooks.take_up(t, waiting)
        for hash in sorted(waiting):
            if self.rulebooks.version(hash) is None:
                why = why_lost(t.campaigns.version(hash), self.rulebooks.project)
                yield (
                    f"version {hash[:SHOWN_HASH]} of the rule file, on which something waits, can no longer be loaded"
                    f"{f' ({why})' if why else ''}: mend that, or settle what waits (`pointsman plan`)"
                )


def standing(row: Row | None, *, has_rules: bool) -> tuple[str, str]:
    """A campaign's status and, in error, the reason. One that runs without a usable rule file is in error until it has
    one, and then goes on by itself."""
    if row is None:
        return "inactive", ""
    return ("error", NO_RULES) if row["status"] == "active" and not has_rules else (row["status"], row["reason"])


def services_of(book: Rulebook) -> set[str]:
    """The services that the campaign asks, in its flows or through its agents."""
    nodes = (node for flow in book.flows.values() for node in flow.nodes.values())
    asked = {node.target for node in nodes if isinstance(node, CallWebhook)}
    return asked | {agent.service for agent in book.agents.values() if isinstance(agent, Webhook)}
