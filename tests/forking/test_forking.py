"""A process that is forked is what the same command would be, started anew."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.forking.processes import told

SAYS = "import os, sys; print(sys.argv[1:], __name__, os.environ['SAID'], os.getcwd(), flush=True); sys.exit(3)"
SETTINGS = {"SAID": "aloud"}
MODULE = ("-m", "json.tool", "--help")


@pytest.fixture
def script(tmp_path: Path) -> str:
    (tmp_path / "says.py").write_text(SAYS)
    return str(tmp_path / "says.py")


@pytest.mark.parametrize("arguments", [("-c", SAYS, "a", "b"), ("", "a", "b"), ("-c", "1 / 0"), MODULE])
def test_it_is_given_says_and_ends_as_the_same_command_started_anew(arguments: tuple[str, ...], script: str) -> None:
    command = (sys.executable, *(argument or script for argument in arguments))
    anew = subprocess.run(  # noqa: S603 - our own words
        command, env=SETTINGS, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    with told(command, SETTINGS) as process:
        said = process.words(60)
    assert (process.poll(), said.splitlines()[-1:]) == (anew.returncode, anew.stdout.splitlines()[-1:])


def test_one_is_killed_while_another_goes_on_and_what_it_wrote_is_there() -> None:
    lasting = (sys.executable, "-c", "import os; print('here', flush=True); os.read(os.pipe()[0], 1)")
    with told(lasting) as first, told(lasting) as second:
        with pytest.raises(subprocess.TimeoutExpired):
            first.wait(0.01)
        first.send_signal(signal.SIGTERM)
        assert first.wait(60) == -signal.SIGTERM
        assert second.poll() is None
        second.kill()
        assert second.wait(60) == -signal.SIGKILL
    assert first.pid != second.pid
