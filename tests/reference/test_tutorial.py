"""The tutorial works as it is written."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.demo.play import free_port
from tests.reference.pages import DOCS
from tests.reference.tutorial import Reader

TUTORIAL = DOCS / "tutorial.md"


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    for name in [name for name in os.environ if name.upper().startswith("POINTSMAN_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    reader = Reader(free_port(), tmp_path)
    yield reader
    reader.close()


def test_who_follows_the_tutorial_sees_what_it_shows(reader: Reader) -> None:
    reader.read(TUTORIAL.read_text("utf-8"))

    assert [command.split()[0] for command in reader.done if not command.startswith("pointsman")] == ["cd", "curl"]
    assert reader.gateway is not None
    assert reader.gateway.poll() is None
