"""Who is it: the order of trust, conflicts, and that the order of a row's columns never matters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.identity import IDENTIFIERS, IdentityConflict, IdentityMissing, resolve
from rules.fields import IDENTIFIER_KINDS

KNOWN = {("external_id", "4711"): "ada", ("phone", "+4915112345601"): "ada", ("email", "ben@example.org"): "ben"}
VALUES = st.sampled_from(["1", "2", "3"])
CUSTOMERS = st.sampled_from(["ada", "ben"])


@pytest.mark.parametrize(
    ("identifiers", "customer"),
    [
        ({"external_id": "4711"}, "ada"),
        ({"phone": "+4915112345601"}, "ada"),
        ({"email": "ben@example.org"}, "ben"),
        ({"external_id": "4711", "phone": "+4915112345601"}, "ada"),
        ({"external_id": "4711", "slack": "U1"}, "ada"),
        ({"external_id": "4712", "email": "ben@example.org"}, "ben"),
        ({"external_id": "4712", "slack": "U1"}, None),
        ({"phone": "4711"}, None),
    ],
)
def test_a_customer_is_found_by_any_of_their_identifiers(identifiers: dict[str, str], customer: str | None) -> None:
    assert resolve(identifiers, KNOWN) == customer


def test_identifiers_of_two_customers_name_both() -> None:
    with pytest.raises(IdentityConflict) as caught:
        resolve({"email": "ben@example.org", "phone": "+4915112345601"}, KNOWN)

    assert str(caught.value) == (
        "phone +4915112345601 belongs to customer ada, but email ben@example.org belongs to customer ben"
    )


def test_the_kinds_of_identifiers_are_those_that_can_be_normalised() -> None:
    assert set(IDENTIFIERS) == set(IDENTIFIER_KINDS)


@pytest.mark.parametrize("identifiers", [{}, {"phone": ""}])
def test_nobody_is_found_by_nothing(identifiers: dict[str, str]) -> None:
    with pytest.raises(IdentityMissing, match="at least one of external_id, phone, email, slack"):
        resolve(identifiers, KNOWN)


@given(
    st.dictionaries(st.sampled_from(IDENTIFIERS), VALUES, min_size=1),
    st.dictionaries(st.tuples(st.sampled_from(IDENTIFIERS), VALUES), CUSTOMERS),
    st.randoms(use_true_random=False),
)
def test_the_answer_is_the_only_owner_whatever_the_order(identifiers, known, random) -> None:  # type: ignore[no-untyped-def]
    owners = {known[pair] for pair in identifiers.items() if pair in known}
    shuffled = dict(random.sample(sorted(identifiers.items()), len(identifiers)))

    if len(owners) > 1:
        with pytest.raises(IdentityConflict):
            resolve(shuffled, known)
    else:
        assert resolve(shuffled, known) == (owners.pop() if owners else None)
