"""How channels do outlives who found it out, but not a restore."""

from contextlib import closing
from pathlib import Path

from storage.database import Storage
from storage.values import Row
from tests.conftest import prepared_file
from tests.storage.rows import NOON, SECOND


def state(channel: str, **other: object) -> Row:
    told: Row = {"rests_until": None, "rests_for": [], "unanswered": 0, "silent_until": None}
    return {"channel": channel, **told, "trouble": "", "trouble_at": None, "paced_until": None} | other


REFUSED = state("sms", rests_until=NOON + SECOND, rests_for=["a", "b"], trouble="20003 wrong", trouble_at=NOON)
SILENT = state("slack", unanswered=5, silent_until=NOON, paced_until=NOON + 3 * SECOND)


def test_the_last_word_on_a_channel_is_kept(storage: Storage) -> None:
    for row in (state("sms"), REFUSED, SILENT):
        with storage.transaction() as t:
            t.channel_states.put(row)
    with storage.reading() as t:
        assert t.channel_states.get("sms") == REFUSED
        assert t.channel_states.get("never heard of") is None
        assert t.channel_states.all() == {"sms": REFUSED, "slack": SILENT}


def test_a_restored_database_holds_nothing_against_a_provider(storage: Storage, tmp_path: Path) -> None:
    """What it said before the backup says nothing of now."""
    with storage.transaction() as t:
        t.channel_states.put(REFUSED)
    storage.back_up(tmp_path / "of today.backup", NOON)
    with closing(Storage(prepared_file(tmp_path / "restored.db"))) as restored:
        restored.restore(tmp_path / "of today.backup", NOON)
        with restored.reading() as t:
            assert t.channel_states.all() == {}
