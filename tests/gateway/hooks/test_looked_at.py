"""`pointsman doctor` looks at hooks: whether they can be reached, without telling them anything, and how they do."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from gateway.doctor.findings import Finding
from gateway.doctor.hooks import hooks, troubles
from gateway.settings_file import HookSettings
from storage.database import Storage
from tests.gateway.example_rules import HELLO
from tests.gateway.hooks.receiver import Receiver, listening, write_hook_project
from tests.gateway.machine import START
from tests.gateway.running import project_settings

DAY = timedelta(days=1)


async def findings(folder: Path) -> list[Finding]:
    return [finding async for finding in hooks(project_settings(folder))]


async def test_who_takes_connections_is_well_and_was_told_nothing(tmp_path: Path) -> None:
    receiver = Receiver()
    write_hook_project(tmp_path, receiver, HELLO)
    async with listening(receiver):
        (found,) = await findings(tmp_path)

    assert (found.topic, found.level) == ("hook crm", "ok")
    assert receiver.told == []


async def test_who_takes_none_is_told_with_what_to_look_at(tmp_path: Path) -> None:
    receiver = Receiver()
    write_hook_project(tmp_path, receiver, HELLO)
    (found,) = await findings(tmp_path)

    assert (found.topic, found.level) == ("hook crm", "wrong")
    assert "does not take connections" in found.text
    assert "firewall" in found.remedy


async def test_a_name_of_a_private_network_is_told(tmp_path: Path) -> None:
    receiver = Receiver()
    write_hook_project(tmp_path, receiver, HELLO)
    settings = project_settings(tmp_path)
    inside = {name: hook.model_copy(update={"private": False}) for name, hook in settings.hooks.items()}
    (found,) = [finding async for finding in hooks(replace(settings, hooks=inside))]

    assert found.level == "wrong"
    assert "private" in found.text
    assert "private = true" in found.remedy


def test_who_took_nothing_lately_is_told_with_since_when(storage: Storage) -> None:
    known: dict[str, HookSettings] = dict.fromkeys(("crm", "desk", "well"))  # type: ignore[arg-type]
    with storage.transaction() as t:
        for hook in ("crm", "desk", "gone"):
            t.hook_troubles.failed(hook, "500", START, DAY)
        t.hook_troubles.disable("desk", START + 5 * DAY)
    failing, disabled = troubles(storage, known)

    assert (failing.topic, failing.level) == ("hook crm", "warning")
    assert failing.text == "it takes nothing since 2027-03-01 08:00 UTC"
    assert (disabled.topic, disabled.level) == ("hook desk", "wrong")
    assert "pointsman hooks enable desk" in disabled.remedy
