"""Garbage is looked for later, and then again."""

import gc
from contextlib import suppress

import pytest

from gateway.collecting import collected_later


@pytest.mark.parametrize("is_on", [True, False])
def test_nothing_is_looked_for_meanwhile_and_afterwards_all_is_as_it_was(is_on: bool) -> None:
    was_on = gc.isenabled()
    try:
        gc.enable() if is_on else gc.disable()
        with suppress(ZeroDivisionError), collected_later():
            assert not gc.isenabled()
            raise ZeroDivisionError
        assert gc.isenabled() == is_on
    finally:
        gc.enable() if was_on else gc.disable()


def test_of_two_at_once_none_leaves_it_off() -> None:
    first, second = collected_later(), collected_later()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    second.__exit__(None, None, None)

    assert gc.isenabled()
