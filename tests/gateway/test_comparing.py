"""The processes of one gateway have the same settings, or it is said that they have not."""

from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from gateway.app import open_gateway
from gateway.clock import SystemClock
from gateway.comparing import fingerprint
from gateway.doctor.processes import processes
from gateway.roles import Role, in_words
from gateway.settings import Settings, load_settings
from storage.database import Storage
from storage.processes import ALONE_IN, session_name
from tests.gateway.example_rules import ECHO
from tests.gateway.running import project_settings, write_project

HOOK = '[hooks.crm]\nurl = "https://crm.example.org/told"\n'
SERVICE = '[services.crm]\nurl = "https://crm.example.org/asked"\n'
CHANNEL = '[channels.more]\nkind = "slack"\nteam = "T0123ABCD"\napp_id = "A0123ABCD"\n'
LONGEST_NAME = 63  # bytes of the name of a session (NAMEDATALEN in PostgreSQL's manual)


def with_more(folder: Path, more: str) -> Settings:
    """The settings of a project whose file has this behind it."""
    folder.mkdir(exist_ok=True)
    write_project(folder, ECHO)
    file = folder / "pointsman.toml"
    file.write_text(f"{file.read_text()}\n{more}")
    return load_settings(folder, sandbox=True)


def worker(folder: Path, url: str, more: str = "") -> Settings:
    with_more(folder, more)
    at_proxy = replace(project_settings(folder, url), public_url="https://gateway.example.org")
    return replace(at_proxy, roles=frozenset({Role.WORKER}))


@pytest.mark.parametrize(
    "more",
    [
        HOOK,
        SERVICE,
        CHANNEL,
        "[actions]\ntime_limit = 3\n",
        "[retention]\nmessages_days = 30\n",
        "[api]\nrequests_per_minute = 60\n",
    ],
)
def test_what_all_processes_must_have_the_same_is_compared(tmp_path: Path, more: str) -> None:
    assert fingerprint(with_more(tmp_path, more)) != fingerprint(with_more(tmp_path, ""))


def test_the_pace_of_a_channel_is_compared(tmp_path: Path) -> None:
    slow, fast = (with_more(tmp_path, f"{CHANNEL}messages_per_second = {pace}\n") for pace in (1, 2))

    assert fingerprint(slow) != fingerprint(fast)


def test_what_is_a_process_s_own_is_not_compared(tmp_path: Path) -> None:
    """Nor are secrets, which nothing must be told of that others see."""
    settings = with_more(tmp_path, SERVICE)
    secret = {"crm": settings.services["crm"].model_copy(update={"secret": SecretStr("s" * 32)})}
    own = {"folder": tmp_path / "x", "host": "::1", "port": 1, "spool": tmp_path / "y", "rules": tmp_path / "z"}

    other = replace(settings, **own, roles=frozenset(Role), services=secret, database="postgresql+psycopg://db/it")

    assert fingerprint(other) == fingerprint(settings)


def test_the_order_of_a_file_is_not_compared(tmp_path: Path) -> None:
    other = HOOK.replace("crm", "erp")

    one, two = (with_more(tmp_path / name, more) for name, more in (("1", HOOK + other), ("2", other + HOOK)))

    assert fingerprint(one) == fingerprint(two)


def test_a_process_with_every_role_has_a_name_that_postgresql_keeps(tmp_path: Path) -> None:
    name = session_name(in_words(frozenset(Role)), fingerprint(with_more(tmp_path, "")))

    assert name.startswith(f"{ALONE_IN}: ingress, worker, sender, timers #")
    assert len(name.encode()) <= LONGEST_NAME


async def test_a_process_that_starts_with_other_settings_than_those_that_run_says_so(
    shared_url: str, tmp_path: Path
) -> None:
    first = await open_gateway(worker(tmp_path / "1", shared_url), SystemClock())
    try:
        told = [
            await said_at_start(worker(tmp_path / name, shared_url, more)) for name, more in (("2", ""), ("3", HOOK))
        ]
    finally:
        await first.close()

    assert told[0] == []
    ((line,),) = told[1:]
    assert (line["processes"], line["of"]) == (1, 1)
    assert line["them"].startswith("worker: PostgreSQL's session ")


async def said_at_start(settings: Settings) -> list[dict[str, object]]:
    with capture_logs() as logs:
        gateway = await open_gateway(settings, SystemClock())
        await gateway.close()
    return [dict(line) for line in logs if line["event"] == "settings_differ"]


def test_the_doctor_names_the_processes_and_those_with_other_settings_than_the_files_here(
    shared_url: str, tmp_path: Path
) -> None:
    here, there = worker(tmp_path / "1", shared_url), worker(tmp_path / "2", shared_url, HOOK)
    with ExitStack() as stack, closing(Storage(shared_url)) as storage:
        found = [list(processes(here, storage))]
        for settings in (here, there):
            stack.enter_context(closing(running := Storage(shared_url)))
            running.claim_process("worker", fingerprint(settings))
            found.append(list(processes(here, storage)))

    assert [[one.level for one in each] for each in found] == [[], ["ok"], ["ok", "warning"]]
    assert found[2][0].text.count("worker: PostgreSQL's session") == 2
    assert found[2][1].text.startswith("1 of 2 run with other settings than those that are here: worker: ")


def test_of_one_process_alone_the_doctor_has_nothing_to_compare(shared_url: str, tmp_path: Path) -> None:
    with closing(Storage(shared_url)) as storage:
        storage.claim_process()
        assert list(processes(worker(tmp_path / "1", shared_url), storage)) == []
