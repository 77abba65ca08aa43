"""Keys of requests: whoever comes first has one, and answers are forgotten in time."""

from datetime import timedelta

from storage.database import Storage
from tests.storage.rows import NOON

MINUTE = timedelta(minutes=1)


def test_a_key_is_taken_once_and_then_told_with_its_answer(storage: Storage) -> None:
    with storage.transaction() as t:
        first = t.repeats.begin("k", "print", NOON, NOON - MINUTE)
        under_way = t.repeats.begin("k", "print", NOON, NOON - MINUTE)
        t.repeats.answered("k", NOON, 200, {"ETag": "x"}, "body")
        answered = t.repeats.begin("k", "print", NOON, NOON - MINUTE)

    assert first is None
    assert under_way is not None
    assert under_way["status"] == 0
    assert answered is not None
    assert (answered["status"], answered["headers"], answered["body"]) == (200, {"ETag": "x"}, "body")


def test_who_was_cut_off_is_taken_over_by_the_same_request_only(storage: Storage) -> None:
    with storage.transaction() as t:
        t.repeats.begin("k", "print", NOON, NOON)
        other = t.repeats.begin("k", "another", NOON + 2 * MINUTE, NOON + MINUTE)
        same = t.repeats.begin("k", "print", NOON + 2 * MINUTE, NOON + MINUTE)
        again = t.repeats.begin("k", "print", NOON + 2 * MINUTE, NOON + MINUTE)

    assert other is not None
    assert same is None
    assert again is not None


def test_a_released_key_may_be_taken_anew_and_an_answered_one_stays(storage: Storage) -> None:
    with storage.transaction() as t:
        for key in ("free", "done"):
            t.repeats.begin(key, "print", NOON, NOON)
        t.repeats.answered("done", NOON, 204, {}, "")
        for key in ("free", "done"):
            t.repeats.release(key, NOON)

        assert t.repeats.begin("free", "print", NOON, NOON) is None
        assert t.repeats.begin("done", "print", NOON, NOON) is not None


def test_whose_key_was_taken_over_neither_answers_nor_releases_it(storage: Storage) -> None:
    later = NOON + 2 * MINUTE
    with storage.transaction() as t:
        t.repeats.begin("k", "print", NOON, NOON)
        t.repeats.begin("k", "print", later, NOON + MINUTE)
        t.repeats.answered("k", NOON, 200, {}, "late")
        t.repeats.release("k", NOON)
        under_way = t.repeats.begin("k", "print", later, NOON)
        t.repeats.answered("k", later, 201, {}, "in time")
        t.repeats.answered("k", later, 200, {}, "once more")
        answered = t.repeats.begin("k", "print", later, NOON)

    assert (under_way or {})["status"] == 0
    assert ((answered or {})["status"], (answered or {})["body"]) == (201, "in time")


def test_what_is_old_is_forgotten_so_many_at_a_time(storage: Storage) -> None:
    with storage.transaction() as t:
        for number in range(3):
            t.repeats.begin(f"old {number}", "print", NOON, NOON)
        t.repeats.begin("new", "print", NOON + MINUTE, NOON)

        assert [t.repeats.forget(NOON + MINUTE, 2) for _ in range(3)] == [2, 1, 0]
        assert t.repeats.begin("new", "print", NOON + MINUTE, NOON) is not None
