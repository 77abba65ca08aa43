"""`pointsman run` and `pointsman demo`."""

import os
from pathlib import Path

import click

from gateway.collecting import nothing_collected
from gateway.commands.project import project_option


@click.command()
@project_option
@click.option("--sandbox", is_flag=True, help="Talk to the built-in look-alikes of the providers, on this machine.")
@click.option("--no-migrate", is_flag=True, help="Leave the database's tables as they are.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    metavar="ROLE",
    help="Be one of several processes on one PostgreSQL and do this part: ingress, worker, sender, timers or all. May "
    "be given several times.",
)
def run(project: Path, sandbox: bool, no_migrate: bool, roles: tuple[str, ...]) -> None:
    """Run the gateway until Ctrl-C."""
    with nothing_collected():
        from gateway.logs import set_up_logs
        from gateway.server import run as run_gateway
        from gateway.settings import load_settings
        from gateway.tracing.variables import secrets as secrets_of_traces

    settings = load_settings(project, sandbox=sandbox, roles=roles)
    set_up_logs({*settings.secrets(), *secrets_of_traces(os.environ)})
    run_gateway(settings, migrate=not no_migrate)


@click.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=".pointsman/demo",
    show_default=True,
    help="Where the demo keeps what happened; it goes on from there if it was cut off.",
)
def demo(folder: Path) -> None:
    """Play the example campaign against the sandbox; exit 0 only if all went as expected."""
    with nothing_collected():
        from gateway.demo.play import play

    raise SystemExit(play(folder))
