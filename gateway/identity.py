"""Who is it: from identifiers to one customer. Pure; the order of trust is external_id, phone, email, slack."""

from collections.abc import Mapping
from dataclasses import dataclass

from rules.fields import IDENTIFIER_KINDS

IDENTIFIERS = IDENTIFIER_KINDS

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Claim:
    """An identifier and the customer it belongs to."""

    kind: str
    value: str
    customer: str


class IdentityError(Exception):
    """It can't be said who this is."""


class IdentityMissing(IdentityError):
    """No identifier was given at all."""

    def __init__(self) -> None:
        super().__init__(f"needs at least one of {', '.join(IDENTIFIERS)}")


class IdentityConflict(IdentityError):
    """Two identifiers belong to different customers; nobody but the operator can say which is right."""

    def __init__(self, first: Claim, second: Claim) -> None:
        super().__init__(
            f"{first.kind} {first.value} belongs to customer {first.customer}, "
            f"but {second.kind} {second.value} belongs to customer {second.customer}"
        )
        self.first = first
        self.second = second


def resolve(identifiers: Mapping[str, str], known: Mapping[Pair, str]) -> str | None:
    """The id of the customer these (normalised) identifiers belong to, None where nobody has any of them.

    ``known`` maps (kind, value) to a customer's id. Raises `IdentityMissing` and `IdentityConflict`.
    """
    pairs = [(kind, identifiers[kind]) for kind in IDENTIFIERS if identifiers.get(kind)]
    if not pairs:
        raise IdentityMissing
    claims = [Claim(kind, value, known[kind, value]) for kind, value in pairs if (kind, value) in known]
    for claim in claims[1:]:
        if claim.customer != claims[0].customer:
            raise IdentityConflict(claims[0], claim)
    return claims[0].customer if claims else None
