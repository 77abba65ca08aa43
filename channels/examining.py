"""What a provider says of our account, asked to find out whether a channel can work at all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True)
class Examination:
    """The provider took our credentials. ``account`` names what they are for; ``at`` is when it answered by its own
    clock (UTC, whole seconds), None where it did not say.

    ``webhooks`` are the addresses to which it sends what people write, by route, as far as its API tells; ``doubts``
    sentences on what of the account can hardly be meant.
    """

    account: str
    at: datetime | None
    webhooks: Mapping[str, str] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()


def moment_of(date: object) -> datetime | None:
    """The moment (UTC) in a Date header (RFC 9110, 6.6.1); None where that is none."""
    try:
        return parsedate_to_datetime(str(date)).astimezone(UTC)
    except ValueError:
        return None
