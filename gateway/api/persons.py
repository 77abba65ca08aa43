"""Who is meant by the identifiers of a query."""

from typing import Annotated

from pydantic import Field

from gateway.api.endpoints import Given
from gateway.api.problems import Problem
from gateway.api.queries import MAX_NAME
from gateway.identity import IDENTIFIERS
from rules.fields import FieldError, normalise_identifier
from storage.transaction import Transaction

WRONG = {409: "An identifier is none; `detail` says why"}
Identifier = Annotated[str, Field(max_length=MAX_NAME, pattern=r"^[^\x00]*$")]


class IdentifierQuery(Given):
    """Somebody who has all of these identifiers."""

    external_id: Annotated[Identifier, Field(description="of the person with this number of yours")] = ""
    phone: Annotated[Identifier, Field(description="of the person with this phone number, such as +4915112345601")] = ""
    email: Annotated[Identifier, Field(description="of the person with this email address")] = ""
    slack: Annotated[Identifier, Field(description="of the person with this Slack user id")] = ""

    @property
    def identifiers(self) -> dict[str, str]:
        """Those that were given, as they were."""
        given = {kind: str(getattr(self, kind)) for kind in IDENTIFIERS}
        return {kind: value for kind, value in given.items() if value}


def owner_of(t: Transaction, query: IdentifierQuery, region: str = "") -> str | None:
    """The id of the customer who has all identifiers of the query, of which there must be one; None where nobody has.

    ``region`` reads national phone numbers. Raises 409 for what is no identifier.
    """
    pairs = [(kind, _normalised(kind, raw, region)) for kind, raw in query.identifiers.items()]
    owners = t.people.by_identifiers(pairs)
    found = {owners.get(pair) for pair in pairs}
    return found.pop() if len(found) == 1 else None


def _normalised(kind: str, raw: str, region: str) -> str:
    try:
        return normalise_identifier(kind, raw, region)
    except FieldError as error:
        raise Problem(409, "identifier", f"This is no {kind}", str(error)) from None
