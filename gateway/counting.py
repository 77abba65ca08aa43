"""Tell the metrics what was decided and sent."""

from collections.abc import Callable, Sequence
from datetime import datetime

from channels.base import Sent
from channels.errors import ChannelDown, SendRefused, SendThrottled, Unreachable
from gateway.decided import Decided
from gateway.metrics import Metrics
from gateway.patience import Outcome
from rules.effects import ChangeCommunication, ChangeMessage, PlanCommunication, SendMessage
from rules.reaction import Reaction
from rules.statuses import FINAL_STATUSES
from storage.values import Owed


def both(*told: Callable[..., object]) -> Callable[..., None]:
    """Tells all of these."""

    def tell(*what: object) -> None:
        for one in told:
            one(*what)

    return tell


def count_decided(metrics: Metrics, decided: Sequence[Decided], now: datetime) -> None:
    """Count what was decided by ``now`` (UTC), and what follows from it."""
    for one in decided:
        metrics.decided(one.event.kind, (now - one.event.received_at).total_seconds())
        for reacted in one.reactions:
            campaign = reacted.place.campaign
            metrics.reaction(campaign)
            _count_messages(metrics, campaign, reacted.reaction)
            _count_communications(metrics, campaign, reacted.reaction)


def _count_messages(metrics: Metrics, campaign: str, reaction: Reaction) -> None:
    for effect in reaction.effects:
        match effect:
            case SendMessage() if not effect.refused:
                metrics.owed(effect.channel, campaign)
            case ChangeMessage():
                metrics.status(campaign, str(effect.status))


def _count_communications(metrics: Metrics, campaign: str, reaction: Reaction) -> None:
    """One that was planned may end in the same reaction; one that has ended may change once more."""
    planned = sum(isinstance(effect, PlanCommunication) for effect in reaction.effects)
    for _ in range(planned):
        metrics.communication(campaign, "planned")
    changed = (effect.communication for effect in reaction.effects if isinstance(effect, ChangeCommunication))
    ended = {talk.id: talk.status for talk in changed if talk.status in FINAL_STATUSES}
    for status in ended.values():
        metrics.communication(campaign, str(status))


def count_send(metrics: Metrics, owed: Owed, outcome: Outcome, seconds: float) -> None:
    """Count a send that took so long."""
    metrics.send(owed.channel, owed.campaign, outcome_name(outcome), seconds)


def outcome_name(outcome: Outcome) -> str:
    """What became of a send, in a word."""
    match outcome:
        case Sent():
            return "sent"
        case SendRefused():
            return "skipped" if outcome.skipped else "refused"
        case Unreachable():
            return "unreachable"
        case SendThrottled():
            return "throttled"
        case ChannelDown():
            return "down"
        case _:
            return "unknown"
