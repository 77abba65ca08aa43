"""What the sandbox wrote down survives a kill -9; what is out of order is said, not guessed."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.sandbox import JournalBroken
from channels.sandbox.agenda import Agenda
from channels.sandbox.entries import Delivery, Entry, Plan, Post, Sms, Step
from channels.sandbox.journal import Journal

NOW = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)
ENTRIES = (
    Entry("sms", sms=Sms("SM1", "+491", True, "👍\n", NOW, (Step("received", NOW),)), done="plan"),
    Entry("team", post=Post("D1", "1.000001", "U1", "x", NOW, blocks=({"type": "divider"},), metadata={"a": {"b": 1}})),
    Entry("sms", owed=(Delivery("d", "sms", "lane", NOW, "http://x", "form", "a=b"),), phone="+492"),
    Entry(plans=(Plan("p", "k", "sms", "lane", NOW, "+491", "hi"),), lost="d"),
)


def written(path: Path) -> None:
    """A journal with `ENTRIES`."""
    journal = Journal(path)
    journal.open()
    for entry in ENTRIES:
        journal.keep(entry)
    journal.close()


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    written(tmp_path / "j")
    journal = Journal(tmp_path / "j")
    assert journal.open() == ENTRIES
    journal.close()


@pytest.mark.parametrize("torn", [b"{", b'{"channel":"sms","pho', b"\xff\xfe"])
def test_a_torn_last_line_is_cut_off_and_writing_goes_on(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "j"
    written(path)
    path.write_bytes(path.read_bytes() + torn)
    journal = Journal(path)
    assert journal.open() == ENTRIES
    journal.keep(ENTRIES[0])
    journal.close()
    again = Journal(path)
    assert again.open() == (*ENTRIES, ENTRIES[0])
    again.close()


@pytest.mark.parametrize("line", [b"nonsense\n", b'{"surprise": []}\n[]\n', b"\n"])
def test_a_broken_line_in_the_middle_is_named(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "j"
    path.write_bytes(line + b'{"channel":"sms"}\n')
    with pytest.raises(JournalBroken, match=r"j:[12]: "):
        Journal(path).open()


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=30), st.data())
def test_each_lane_keeps_its_order_and_nothing_is_lost(things: list[tuple[int, int]], data: st.DataObject) -> None:
    agenda, now, done = Agenda(), NOW, []
    for number, (lane, due) in enumerate(things):
        agenda.add(Delivery(str(number), "c", f"lane{lane}", NOW + timedelta(seconds=due), "", "", ""))
    while (due := agenda.next_due()) is not None:
        now = max(now, due)
        while owed := agenda.take(now):
            assert owed.not_before <= now
            if owed.tries < 2 and data.draw(st.booleans()):
                agenda.put_off(owed, now + timedelta(seconds=1))
            else:
                agenda.finish(owed)
                done.append(owed)
    assert len(done) == len(things)
    assert (len(agenda), agenda.out) == (0, 0)
    for lane in {owed.thing.lane for owed in done}:
        orders = [owed.order for owed in done if owed.thing.lane == lane]
        assert orders == sorted(orders)


def test_only_its_owner_may_read_what_people_wrote(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    journal.open()
    journal.close()

    assert stat.S_IMODE((tmp_path / "j").stat().st_mode) == 0o600
