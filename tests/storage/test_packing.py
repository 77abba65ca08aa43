"""Packed documents come back as they were, and take a fraction of the room."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.database import Storage
from storage.packing import EMPTY, NotPacked, pack, unpack
from storage.packing_words import DICTIONARIES
from tests.storage.dump import released
from tests.storage.rows import NOON

documents = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(documents)
def test_what_is_packed_comes_back(document: Any) -> None:
    assert unpack(pack(document)) == document
    assert (pack(document) == EMPTY) == (document == [])


def test_half_a_surrogate_pair_is_kept() -> None:
    assert unpack(pack([{"text": "\ud83d"}])) == [{"text": "\ud83d"}]


def test_the_decisions_of_a_release_take_a_third_of_the_room() -> None:
    texts = [row["log"] for one in released() if one.revision == "0004" for row in one.tables["decision"]]
    packed = [pack(json.loads(text)) for text in texts]

    assert sum(map(len, packed)) < sum(len(text.encode()) for text in texts) / 3


@pytest.mark.parametrize("damaged", [pack([{"a": 1}])[:-3], b"\x01nonsense", bytes((99,)) + pack([1])[1:]])
def test_what_is_damaged_or_of_a_later_program_says_so(damaged: bytes) -> None:
    with pytest.raises(NotPacked):
        unpack(damaged)


def test_a_dictionary_never_changes_for_what_was_packed_with_it_could_not_be_read() -> None:
    packed = bytes.fromhex(PACKED_WITH_THE_FIRST)

    assert unpack(packed) == DOCUMENT
    assert min(DICTIONARIES) == 1


def test_an_empty_log_is_told_apart_by_the_database(storage: Storage) -> None:
    head = {"customer": "c1", "applied": "applied", "decided_at": NOON}
    logs = {1: [{"note": "what for"}], 2: [], 3: [{}]}
    with storage.transaction() as t:
        t.inbox._connection.exec_driver_sql("DELETE FROM decision")
        t.decisions.add([{**head, "event": event, "log": log} for event, log in logs.items()])
        t.retention.empty_decisions([1, 2])

        assert {row["event"]: row["log"] for row in t.lists.events.decisions([1, 2, 3]).values()} == {
            1: [],
            2: [],
            3: [{}],
        }


DOCUMENT = [{"campaign": "spring", "applied": "applied", "facts": [], "text": "Zoë 👋"}]
PACKED_WITH_THE_FIRST = "014335a8b8a008d8edc5912291b22034d4a3f20faf56f8307f6237300401"
