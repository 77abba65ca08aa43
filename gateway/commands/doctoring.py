"""`pointsman doctor`: what hinders a gateway, and what to do about it."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.commands.project import project_option

if TYPE_CHECKING:
    from gateway.doctor.findings import Finding

SOMETHING_WRONG = 1
STYLES = {"ok": "green", "warning": "yellow", "wrong": "bold red"}


@click.command()
@click.option("--sandbox", is_flag=True, help="As `pointsman run --sandbox`, which has to run for this.")
@click.option("--strict", is_flag=True, help="Exit 1 on warnings, too.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@project_option
def doctor(sandbox: bool, strict: bool, as_json: bool, project: Path) -> None:
    """Look whether a gateway can work here: settings, secrets, rule files, permissions, database, disks, webhooks, the
    providers' accounts and the clock. Each line is ok, a warning or wrong, with what to do. Nothing is changed, and
    nobody is written to.

    Run it as the user and with the environment of the gateway. Exit 1 if something is wrong.
    """
    import asyncio

    from gateway.doctor.rounds import look_at

    found = asyncio.run(look_at(project, sandbox=sandbox))
    if as_json:
        click.echo(json.dumps(_as_json(found), ensure_ascii=False, indent=1))
    else:
        _print(found)
    if _count(found, "wrong") or (strict and _count(found, "warning")):
        raise SystemExit(SOMETHING_WRONG)


def _as_json(found: "Sequence[Finding]") -> dict[str, object]:
    counts = {level: _count(found, level) for level in STYLES}
    return {**counts, "found": [asdict(finding) for finding in found]}


def _print(found: "Sequence[Finding]") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("", "about", "found", box=None, pad_edge=False)
    for one in found:
        remedy = f"\n-> {one.remedy}" if one.remedy else ""
        table.add_row(Text(one.level, STYLES[one.level]), Text(one.topic), Text(one.text + remedy))
    Console(highlight=False).print(table)
    click.echo(", ".join(f"{_count(found, level)} {level}" for level in reversed(STYLES)))


def _count(found: "Sequence[Finding]", level: str) -> int:
    return sum(one.level == level for one in found)
