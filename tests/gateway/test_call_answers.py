"""What comes back from outside is read, or refused with a sentence; and what goes out is signed as the docs say."""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.calls.outcomes import Answered, Refused, read_answer
from gateway.calls.signing import signed_headers

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_object_or_a_sentence(body: bytes) -> None:
    outcome = read_answer("crm", body)

    assert isinstance(outcome, Answered) or outcome == Refused("crm answered with something that is no JSON object")


@given(st.dictionaries(st.text(), VALUES))
def test_every_object_is_read_as_it_was_written(answer: dict[str, Any]) -> None:
    assert read_answer("crm", json.dumps(answer).encode()) == Answered(answer)


def test_an_answer_may_be_as_long_as_the_limit_and_no_longer() -> None:
    longest = b'{"a": "' + b"x" * (65_536 - 9) + b'"}'

    assert isinstance(read_answer("crm", longest), Answered)
    assert read_answer("crm", longest + b" ") == Refused("crm answered with more than 65536 bytes")


def test_a_signature_is_the_one_that_others_make() -> None:
    """Made with `printf '1798632000.{"a":1}' | openssl dgst -sha256 -hmac a-secret-of-a-service`."""
    at = datetime(2026, 12, 30, 12, tzinfo=UTC)

    assert signed_headers("a-secret-of-a-service", "c1", b'{"a":1}', at) == {
        "X-Pointsman-Timestamp": "1798632000",
        "X-Pointsman-Signature": "v1=9fec1ab11d86b440fd515dcfbcd18b307d7c4066e5cc6696e5bc375931cb965a",
        "Idempotency-Key": "c1",
    }
