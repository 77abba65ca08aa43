"""What the load model says is what a simulation finds."""

import pytest

from benchmarks.queueing import Station, predicted, simulated

NUMBER = 50_000
STATIONS = {
    "one by one": Station(0.001),
    "in batches": Station(0.0004, 0.004, 100),
    "in batches that cost much": Station(0.0002, 0.02, 100),
    "by two": Station(0.0004, 0.004, 100, 2),
}


@pytest.mark.parametrize("part", [0.1, 0.3, 0.5, 0.7, 0.9])
@pytest.mark.parametrize("station", STATIONS.values(), ids=list(STATIONS))
def test_how_long_work_waits_is_predicted(station: Station, part: float) -> None:
    rate = part * station.capacity
    said, found = predicted(station, rate), simulated(station, rate, NUMBER)

    assert said.seconds == pytest.approx(found.seconds, rel=0.15)
    assert said.batch == pytest.approx(found.batch, rel=0.05)
    assert said.busy == pytest.approx(found.busy, abs=0.03)


def test_a_station_can_do_what_its_servers_do_with_full_batches() -> None:
    assert Station(0.001).capacity == pytest.approx(1_000)
    assert Station(0.0004, 0.01, 100, 2).capacity == pytest.approx(4_000)


@pytest.mark.parametrize("station", STATIONS.values(), ids=list(STATIONS))
def test_more_than_a_station_can_do_has_no_prediction(station: Station) -> None:
    with pytest.raises(ValueError, match="more than"):
        predicted(station, station.capacity)
