"""What every kill is measured by."""

from pathlib import Path

import pytest

from tests.crash.processes import End, demo, end_of


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> End:
    """Where the demo ends that nobody kills."""
    folder: Path = tmp_path_factory.mktemp("undisturbed") / "demo"
    end = demo(folder)
    assert end.code == 0, end.output
    return end_of(folder)
