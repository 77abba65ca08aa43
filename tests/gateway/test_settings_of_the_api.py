"""`[api]`: how many requests a token may send."""

from pathlib import Path

import pytest

from gateway.settings import SettingsError, load_settings
from tests.gateway.example_rules import ECHO
from tests.gateway.running import running, write_project


def write(folder: Path, words: str) -> None:
    write_project(folder, ECHO)
    file = folder / "pointsman.toml"
    file.write_text(f"{file.read_text()}[api]\n{words}\n")


def test_a_token_may_send_6_000_requests_a_minute_unless_told_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "")
    unless_told = load_settings(tmp_path, offline=True).api.requests_per_minute
    monkeypatch.setenv("POINTSMAN_API__REQUESTS_PER_MINUTE", "7")

    assert unless_told == 6_000
    assert load_settings(tmp_path, offline=True).api.requests_per_minute == 7


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("requests_per_minute = 0", "requests_per_minute"),
        ("requests_per_minute = 1000001", "requests_per_minute"),
        ("requests_per_minute = true", "must be a number"),
        ("requests_per_minut = 5", "requests_per_minute"),
    ],
)
def test_a_limit_that_cannot_be_is_refused(tmp_path: Path, words: str, said: str) -> None:
    write(tmp_path, words)
    with pytest.raises(SettingsError, match=said):
        load_settings(tmp_path, offline=True)


async def test_who_sends_more_is_told_to_wait(tmp_path: Path) -> None:
    write(tmp_path, "requests_per_minute = 2")
    async with running(tmp_path) as world:
        statuses = []
        for _ in range(3):
            async with world.api("GET", "campaigns", b"") as answer:
                statuses.append(answer.status)

        assert statuses == [200, 200, 429]
