"""The stop itself: what the first and the second signal do, and what happens when work does not end."""

import asyncio
import signal
from collections.abc import Iterator
from threading import Event

import pytest

from gateway import stopping
from gateway.stopping import SIGNALS, Stop


@pytest.fixture(autouse=True)
def handlers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(stopping, "EXIT_SECONDS", 3_600.0)
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


class Left:
    """In the place of the end of the process."""

    def __init__(self) -> None:
        self.codes: list[int] = []
        self.told = Event()

    def __call__(self, code: int) -> None:
        self.codes.append(code)
        self.told.set()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_the_first_signal_asks_and_the_second_ends(
    number: signal.Signals, code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    left = Left()
    stop = Stop(left)
    stop.install()
    signal.raise_signal(number)
    async with asyncio.timeout(30):
        await stop.asked.wait()
    assert left.codes == []
    signal.raise_signal(number)
    assert left.codes == [code]
    assert '"stopped_at_once"' in capfd.readouterr().err


async def test_what_has_not_ended_in_time_is_cut_off_though_the_event_loop_hangs(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stopping, "EXIT_SECONDS", 0.05)
    left = Left()
    Stop(left).install()
    signal.raise_signal(signal.SIGTERM)
    assert left.told.wait(10)  # nothing else runs in this thread meanwhile
    assert left.codes == [143]
    assert "work had not ended after 0.05 seconds" in capfd.readouterr().err


async def test_a_signal_after_the_end_of_the_loop_is_no_error() -> None:
    left = Left()
    loop = asyncio.new_event_loop()
    stop = Stop(left, _loop=loop)
    loop.close()
    stop.install()
    signal.raise_signal(signal.SIGTERM)
    assert left.codes == []
