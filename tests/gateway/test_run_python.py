"""The operator's functions run in processes of their own; whatever they do, the gateway and the path go on."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.calls.outcomes import Answered, Refused
from gateway.calls.python_desk import PythonDesk
from gateway.settings_file import ActionSettings
from storage.values import OwedCall
from tests.gateway.example_rules import ADA
from tests.gateway.running import SETTINGS, START, World, running, until, write_project

CALL = OwedCall("c1", "python", "scoring.rate", "r1", {"call": "c1"}, 0)

RATE = """
campaign: rate
fields:
  score: {type: integer}
  due: {type: date}
flows:
  main:
    joined: {when: participant_created, next: rate}
    rate:
      do: run_python
      function: scoring.rate
      with: {limit: 3}
      sets: [score, due]
      cases: {good: thank}
      next: go_on
      failed: tell_team
    thank: {do: finish, outcome: good}
    go_on: {do: finish, outcome: open}
    tell_team: {do: finish, outcome: failed}
"""


def project(folder: Path, code: str, limits: str = "time_limit = 20") -> None:
    write_project(folder, RATE)
    (folder / "pointsman.toml").write_text(f'{SETTINGS}\n[actions]\nallow = ["scoring.rate"]\n{limits}\n')
    (folder / "actions").mkdir(exist_ok=True)
    write(folder, code)


def write(folder: Path, code: str, name: str = "scoring.py") -> None:
    (folder / "actions" / name).write_text(code)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[PythonDesk]:
    """Runs the functions of a folder, without a gateway."""
    (tmp_path / "actions").mkdir()
    desk = PythonDesk(tmp_path / "actions", ActionSettings(allow=("scoring.rate",), time_limit=20))
    yield desk
    await desk.close()


async def rate(world: World, phone: str = ADA) -> None:
    await world.start("rate")
    await world.give("rate", {"phone": phone})


async def outcomes(world: World) -> list[str]:
    return [person["outcome"] for person in await world.people("rate")]


async def why(world: World) -> str:
    """What the node that asked said last."""
    return str((await world.decisions("answer"))[-1]["log"])


async def test_a_function_gets_a_plain_dict_and_its_answer_goes_on(tmp_path: Path, database_url: str) -> None:
    code = """
from datetime import date

def rate(about):
    assert about["participant"]["identifiers"] == {"phone": "%s"}
    assert (about["campaign"], about["flow"], about["node"]) == ("rate", "main", "rate")
    return {"fields": {"score": about["with"]["limit"] * 2, "due": date(2027, 4, 1)}, "outcome": "good"}
"""
    project(tmp_path, code % ADA)
    async with running(tmp_path, database=database_url) as world:
        await rate(world)
        (person,) = await world.people("rate")

        assert (person["outcome"], person["fields"]) == ("good", {"score": 6, "due": "2027-04-01"})


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ("return None", "open"),
        ("return {}", "open"),
        ("import sys\n    print('{}' * 99999)\n    sys.stdout.flush()\n    return {'outcome': 'good'}", "good"),
        ("import os\n    os.system('echo hello')\n    return {'outcome': 'good'}", "good"),
        ("import sys\n    sys.stdin.read()\n    return {'outcome': 'good'}", "good"),
        ("return {'fields': {'other': 1}}", "failed"),
    ],
)
async def test_the_answer_chooses_the_way_and_printing_disturbs_nothing(
    tmp_path: Path, body: str, outcome: str
) -> None:
    project(tmp_path, f"def rate(about):\n    {body}\n")
    async with running(tmp_path) as world:
        await rate(world)

        assert await outcomes(world) == [outcome]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def rate(about):\n    return 1 / 0", "scoring.rate failed: ZeroDivisionError at scoring.py:2"),
        ("def rate(about):\n    raise ValueError(about)", "scoring.rate failed: ValueError at scoring.py:2"),
        ("import sys\ndef rate(about):\n    sys.exit()", "scoring.rate failed: SystemExit at scoring.py:3"),
        ("import nothing_like_it", "scoring.rate failed: ModuleNotFoundError at scoring.py:1"),
        ("def rate(about)\n    pass", "scoring.rate failed: SyntaxError at scoring.py:1"),
        ("def other(about): pass", "scoring.rate failed: AttributeError"),
        ("def rate(about): return [1]", "scoring.rate answered with something that is no JSON object"),
        ("def rate(about): return {'a': object()}", "scoring.rate answered with something that is no JSON object"),
        ("def rate(about): return {'a': float('nan')}", "scoring.rate answered with something that is no JSON object"),
        ("def rate(about): return {'a': 'x' * 70_000}", "scoring.rate answered with more than 65536 bytes"),
        ("def rate(about): return {'a': 'x' * 900_000_000}", "scoring.rate needed more than 512 MB"),
        ("import os\ndef rate(about): os._exit(3)", "scoring.rate ended its process (exit code 3)"),
        ("import os\ndef rate(about): os.kill(os.getpid(), 11)", "scoring.rate ended its process (signal 11)"),
    ],
)
async def test_a_function_that_fails_says_where_and_the_next_call_works(
    tmp_path: Path, desk: PythonDesk, code: str, reason: str
) -> None:
    write(tmp_path, code)
    assert await desk.ask(CALL, START) == Refused(reason)
    write(tmp_path, "def rate(about):\n    return {'outcome': 'good'}")
    assert await desk.ask(CALL, START) == Answered({"outcome": "good"})


@pytest.mark.parametrize("code", ["def rate(about):\n    while True: pass", "while True: pass\ndef rate(about): pass"])
async def test_a_function_that_takes_too_long_is_ended_with_what_it_started(tmp_path: Path, code: str) -> None:
    child = f"import subprocess\nsubprocess.Popen(['sleep', '99'], cwd={str(tmp_path)!r})\n"
    project(tmp_path, child + code, "time_limit = 0.5")
    async with running(tmp_path) as world:
        begun = time.monotonic()
        await rate(world)
        assert await outcomes(world) == ["failed"]
        assert "scoring.rate took longer than 0.5 s" in await why(world)
        assert time.monotonic() - begun < 10
        assert processes_in(tmp_path) == []


def processes_in(folder: Path) -> list[str]:
    """The processes of this machine that work in the folder itself."""
    links = Path("/proc").glob("[0-9]*/cwd")
    return [str(link) for link in links if os.path.exists(link) and link.readlink() == folder]


async def test_a_changed_file_and_what_it_imports_are_loaded_anew(tmp_path: Path) -> None:
    project(tmp_path, "from words import WORD\ndef rate(about):\n    return {'outcome': WORD}")
    write(tmp_path, "WORD = 'good'", "words.py")
    async with running(tmp_path) as world:
        await rate(world)
        write(tmp_path, "WORD = 'well'", "words.py")
        await rate(world, "+4915112345699")

        assert sorted(await outcomes(world)) == ["good", "open"]
        assert not (tmp_path / "actions" / "__pycache__").exists()


async def test_a_function_sees_none_of_our_secrets_nor_our_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POINTSMAN_CHANNELS__SMS__AUTH_TOKEN", "a-secret-of-the-gateway")
    monkeypatch.setenv("PGPASSWORD", "of-our-database")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("CRM_PASSWORD", "of the operator")
    code = """
import os, sys

def rate(about):
    ours = [name for name in os.environ if name.upper().startswith(("POINTSMAN", "PG"))]
    assert not ours and os.environ["CRM_PASSWORD"] == "of the operator"
    assert [sys.path[0]] == [path for path in sys.path if path.startswith(%r)]
    return {"outcome": "good"}
"""
    project(tmp_path, code % str(tmp_path))
    async with running(tmp_path) as world:
        await rate(world)

        assert (await outcomes(world), await why(world))[0] == ["good"]


async def test_a_function_that_is_not_allowed_any_more_is_not_run(tmp_path: Path) -> None:
    project(tmp_path, "def rate(about):\n    return {'outcome': 'good'}")
    async with running(tmp_path) as world:
        functions: Any = world.gateway.caller.functions
        functions.settings = functions.settings.model_copy(update={"allow": ()})
        await rate(world)

        assert await outcomes(world) == ["failed"]
        assert "scoring.rate is not among the functions that the settings allow" in await why(world)


async def test_a_call_cut_off_by_a_stop_is_made_again_and_leaves_no_process(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.app.STOP_SECONDS", 0.05)
    project(tmp_path, "import time\nopen('begun', 'w')\ndef rate(about): time.sleep(60)")
    async with running(tmp_path, database=database_url) as world:
        await world.start("rate")
        body: Any = b'[{"phone": "%s", "fields": {}}]' % ADA.encode()
        async with world.api("PUT", "campaigns/rate/participants", body) as answer:
            assert answer.status == 200
        await until(lambda: was_begun(tmp_path / "actions"))
    assert processes_in(tmp_path / "actions") == []
    write(tmp_path, "def rate(about): return {'outcome': 'good'}")
    async with running(tmp_path, database=database_url) as world:
        await world.quiet()

        assert await outcomes(world) == ["good"]


async def was_begun(folder: Path) -> bool:
    return "begun" in os.listdir(folder)


async def test_what_a_function_has_put_beyond_reach_holds_up_no_other_call(
    desk: PythonDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child in a session of its own holds the pipe on which the answer would come."""
    monkeypatch.setattr("gateway.calls.python_desk.END_SECONDS", 0.05)
    desk.settings = desk.settings.model_copy(update={"time_limit": 2})
    write(
        tmp_path,
        """
import os, time

def rate(about):
    if not (child := os.fork()):
        os.setsid()
        time.sleep(60)
    open("child", "w").write(str(child))
    time.sleep(60)
""",
    )
    try:
        async with asyncio.timeout(10):
            assert await desk.ask(CALL, START) == Refused("scoring.rate took longer than 2 s")
    finally:
        os.kill(int((tmp_path / "actions" / "child").read_text()), signal.SIGKILL)
