"""How services and hooks do outlives who found it out, but not a restore."""

from contextlib import closing
from pathlib import Path

from storage.breakers import HOOK, SERVICE
from storage.database import Storage
from storage.values import Row
from tests.conftest import prepared_file
from tests.storage.rows import NOON, SECOND

FAILED: Row = {"failures": 1, "until": None, "next_at": None}
RESTS: Row = {"failures": 5, "until": NOON + SECOND, "next_at": NOON}
WELL: Row = {"failures": 0, "until": None, "next_at": None}


def keep(storage: Storage, *rows: tuple[str, str, Row]) -> None:
    with storage.transaction() as t:
        t.breakers.put([{"kind": kind, "name": name, **row} for kind, name, row in rows])


def kept(storage: Storage) -> list[dict[str, Row]]:
    with storage.reading() as t:
        return [t.breakers.of(kind) for kind in (SERVICE, HOOK)]


def test_the_last_word_on_a_service_or_a_hook_is_kept(storage: Storage) -> None:
    keep(storage, (SERVICE, "crm", FAILED))
    keep(storage, (SERVICE, "crm", RESTS), (SERVICE, "shop", RESTS), (HOOK, "crm", FAILED))
    keep(storage, (SERVICE, "shop", WELL))

    assert kept(storage) == [{"crm": RESTS, "shop": WELL}, {"crm": FAILED}]


def test_a_name_is_forgotten_as_that_of_a_service_or_of_a_hook(storage: Storage) -> None:
    keep(storage, *((kind, name, FAILED) for kind in (SERVICE, HOOK) for name in ("crm", "shop", "bank")))
    with storage.transaction() as t:
        t.breakers.forget(SERVICE, {"crm", "bank", "never heard of"})

    services, hooks = kept(storage)
    assert (services.keys(), hooks.keys()) == ({"shop"}, {"crm", "shop", "bank"})


def test_a_restored_database_holds_nothing_against_a_service(storage: Storage, tmp_path: Path) -> None:
    """How it did before the backup says nothing of now."""
    keep(storage, (SERVICE, "crm", RESTS))
    storage.back_up(tmp_path / "of today.backup", NOON)
    with closing(Storage(prepared_file(tmp_path / "restored.db"))) as restored:
        restored.restore(tmp_path / "of today.backup", NOON)
        assert kept(restored) == [{}, {}]
