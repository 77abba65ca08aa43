"""`pointsman chat`."""

from datetime import datetime
from pathlib import Path

import click

from gateway.commands.failing import CommandFailed
from gateway.commands.project import project_option

FOUND_ERRORS = 1


@click.command()
@click.argument("campaign")
@click.option(
    "--rules",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The folder of the rule file, where it is none of a project.",
)
@click.option("--as", "given", multiple=True, metavar="NAME=VALUE", help="An identifier or a field of the person.")
@click.option("--at", "starts", metavar="TIME", help="When it begins where the campaign is, 2027-03-01 09:00. [now]")
@click.option("--stranger", is_flag=True, help="The person is not given to the campaign, and writes first.")
@project_option
def chat(
    campaign: str, rules: Path | None, given: tuple[str, ...], starts: str | None, stranger: bool, project: Path
) -> None:
    """Talk with CAMPAIGN, the name of one or a rule file, as one of its participants.

    All is in memory, nothing is sent, and time passes as told (/wait 2d). The rule file is read again whenever it is
    saved; a wrong one is told of, and the last good one stays. Lines that begin with a slash are orders: see /help.
    Exit 1 where the rule file has errors at the beginning.
    """
    import asyncio

    from gateway.chat.orders import pairs_of
    from gateway.chat.running import chat as run
    from gateway.chat.stage import stage_of
    from gateway.commands.simulating import calm_logs
    from gateway.simulation import CannotDo, RulesWrong
    from rules.loader import report

    try:
        stage = stage_of(campaign, rules, project)
        own = {name: value or "" for name, value in pairs_of(given).items()} if given else {}
        with calm_logs():
            asyncio.run(run(stage, own, _moment(starts), stranger, click.echo))
    except RulesWrong as wrong:
        click.echo(report(wrong.diagnostics, {stage.file.name: stage.read()}))
        raise SystemExit(FOUND_ERRORS) from None
    except CannotDo as problem:
        raise CommandFailed(str(problem)) from None


def _moment(told: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(told) if told else None
    except ValueError:
        raise CommandFailed(f'"{told}" is no time; write --at "2027-03-01 09:00"') from None
