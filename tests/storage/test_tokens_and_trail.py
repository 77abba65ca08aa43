"""Tokens of the API, and the trail of what was changed."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from storage.audit import Entry
from storage.database import Storage
from storage.errors import Conflict
from tests.storage.rows import NOON


def token(id: str, name: str) -> dict[str, Any]:
    return {"id": id, "name": name, "scope": "read", "hash": "digest", "created_at": NOON}


def entry(subject: str, customer: str = "") -> Entry:
    return Entry(at=NOON, who="crm", what="patch", subject=subject, customer=customer, before={"a": 1})


def test_a_token_is_found_by_its_id_and_by_its_name(storage: Storage) -> None:
    with storage.transaction() as t:
        t.tokens.add(token("2", "b"))
        t.tokens.add(token("1", "c"))
        found = [t.tokens.get("2"), t.tokens.named("b"), t.tokens.get("b"), t.tokens.named("2")]

        assert [one and one["id"] for one in found] == ["2", "2", None, None]
        assert [one["name"] for one in t.tokens.all()] == ["b", "c"]


def test_no_two_tokens_have_one_name_though_one_is_revoked(storage: Storage) -> None:
    with storage.transaction() as t:
        t.tokens.add(token("1", "a"))
        t.tokens.revoke("1", NOON)

    with pytest.raises(Conflict), storage.transaction() as t:
        t.tokens.add(token("2", "a"))


def test_a_token_is_revoked_once_and_keeps_when_that_was(storage: Storage) -> None:
    with storage.transaction() as t:
        t.tokens.add(token("1", "a"))
        revoked = [t.tokens.revoke(id, NOON + timedelta(hours=hours)) for hours, id in enumerate(("1", "1", "2"))]
        row = t.tokens.get("1")

    assert revoked == [True, False, False]
    assert row is not None
    assert row["revoked_at"] == NOON


def test_the_trail_has_the_latest_first_page_by_page(storage: Storage) -> None:
    with storage.transaction() as t:
        t.audit.add([entry(f"campaign/{n % 2}") for n in range(5)])
        first = t.audit.page(None, 2)
        rest = t.audit.page(first[-1]["id"], 10)
        odd = t.audit.page(None, 10, "campaign/1")

    ids = [row["id"] for row in first + rest]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 5
    assert [row["id"] for row in odd] == [ids[1], ids[3]]
    assert (first[0]["before"], first[0]["after"]) == ({"a": 1}, {})


def test_all_of_it_comes_back_from_a_backup_and_goes_on(storage: Storage, other: Storage, tmp_path: Path) -> None:
    with storage.transaction() as t:
        t.tokens.add(token("1", "a"))
        t.tokens.revoke("1", NOON)
        t.audit.add([entry("campaign/1"), entry("campaign/2", "c1")])
        t.repeats.begin("k", "print", NOON, NOON)
        t.repeats.answered("k", NOON, 200, {"ETag": "x"}, "body")
    storage.back_up(tmp_path / "backup", NOON)
    other.restore(tmp_path / "backup", NOON)
    with storage.reading() as before, other.transaction() as t:
        assert t.tokens.all() == before.tokens.all()
        assert t.audit.page(None, 9) == before.audit.page(None, 9)
        assert (t.repeats.begin("k", "print", NOON, NOON) or {})["body"] == "body"
        t.audit.add([entry("campaign/3")])
        assert [row["subject"] for row in t.audit.page(None, 9)] == ["campaign/3", "campaign/2", "campaign/1"]
