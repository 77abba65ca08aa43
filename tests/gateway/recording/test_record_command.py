"""`pointsman record`, on the database of a gateway that has talked over HTTP."""

import asyncio
from pathlib import Path

import click
from click.testing import CliRunner, Result

from gateway.commands.recording import record
from gateway.commands.simulating import simulate
from tests.gateway.chat.stages import RULES
from tests.gateway.running import running

ASKING = RULES.split("  price:")[0].replace("#desk", "#general")  # a rule file that asks no service
PHONE = "+4915112399999"


async def talked(folder: Path) -> None:
    async with running(folder, ASKING) as world:
        await world.start("visits")
        await world.give("visits", {"phone": PHONE, "name": "Marta", "day": "2027-03-09"})
        await world.texts(PHONE, "perhaps")
        await world.texts(PHONE, "no")
        await world.passes(hours=3)


async def done(command: click.Command, *arguments: str) -> Result:
    """What a command does, which has a loop of its own."""
    return await asyncio.to_thread(CliRunner().invoke, command, arguments)


async def test_a_talk_with_a_running_gateway_becomes_a_scenario_that_passes(tmp_path: Path) -> None:
    await talked(tmp_path)
    file, project = tmp_path / "marta.yaml", ("-C", str(tmp_path))
    found = await done(record, f"visits/{PHONE}", *project, "--to", str(file))
    assert (found.exit_code, found.output) == (0, "")
    text = file.read_text("utf-8")
    assert 'Ada says by SMS: "perhaps"' in text
    assert 'general hears: "Ada does not come."' in text
    assert PHONE not in text
    assert (await done(simulate, str(file), "--quiet", *project)).exit_code == 0
    assert (await done(record, f"visits/{PHONE}", *project)).stdout == text
    assert (await done(simulate, "--record", f"visits/{PHONE}", *project)).stdout == text
    assert file.stat().st_mode & 0o077 == 0
    again = await done(record, f"visits/{PHONE}", *project, "--to", str(file))
    assert (again.exit_code, again.stderr) == (2, f"pointsman: {file} is there already; name a new file\n")
    assert file.read_text() == text


async def test_nobody_is_no_talk(tmp_path: Path) -> None:
    await talked(tmp_path)
    found = await done(record, "visits/+4915112300000", "-C", str(tmp_path))
    assert found.exit_code == 2
    assert "takes no part" in found.output
