"""`pointsman hooks list|deliveries|redeliver|enable`: who outside is told what happens, and what they were told."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.commands.auditing import entry
from gateway.commands.failing import CommandFailed, Commands
from gateway.commands.project import opened, project_option
from gateway.commands.tables import moment, plain, print_table

if TYPE_CHECKING:
    from gateway.settings import Settings
    from storage.transaction import Transaction
    from storage.values import Row

STATES = ("owed", "sending", "delivered", "failed")
SHOWN = 100  # deliveries told unless asked for more
MAX_SHOWN = 10_000
HOOK_COLUMNS = ("hook", "status", "owed", "failing since", "disabled", "last error", "url")
DELIVERY_COLUMNS = ("id", "type", "state", "tries", "happened", "next try", "error")
json_option = click.option("--json", "as_json", is_flag=True, help="For programs.")


@click.group(cls=Commands)
def hooks() -> None:
    """Whom the settings have us tell what happens (`[hooks.NAME]`), and what they were told."""


@hooks.command("list")
@json_option
@project_option
def list_hooks(as_json: bool, project: Path) -> None:
    """List the hooks of the settings, and how each one does."""
    from gateway.api.hooks import hooks_told
    from gateway.settings import load_settings

    settings = load_settings(project, offline=True)
    with opened(settings) as storage, storage.reading() as t:
        found = [one.model_dump() for one in hooks_told(t, settings.hooks)]
    if as_json:
        click.echo(json.dumps([plain(one) for one in found], indent=1))
    elif found:
        print_table(HOOK_COLUMNS, [_hook_cells(one) for one in found])
    else:
        click.echo("there are no hooks: a table [hooks.NAME] in pointsman.toml makes one")


@hooks.command()
@click.argument("hook")
@click.option("--state", type=click.Choice(STATES), default=None, help="Only in this state.")
@click.option("--type", "kind", default="", metavar="TYPE", help="Only of this type, such as event.parked.")
@click.option("--limit", type=click.IntRange(1, MAX_SHOWN), default=SHOWN, show_default=True, help="At most so many.")
@json_option
@project_option
def deliveries(hook: str, state: str | None, kind: str, limit: int, as_json: bool, project: Path) -> None:
    """List what HOOK was told, or is to be, the latest first; what it says is told to programs only."""
    from gateway.settings import load_settings

    settings = load_settings(project, offline=True)
    _check(settings, hook)
    with opened(settings) as storage, storage.reading() as t:
        rows = _latest(t, hook, state or "", kind, limit)
    if as_json:
        click.echo(json.dumps([_shown(row) for row in rows], indent=1))
    elif rows:
        print_table(DELIVERY_COLUMNS, [_delivery_cells(row) for row in rows])
    else:
        click.echo("there are no such deliveries")


@hooks.command()
@click.argument("hook")
@click.argument("delivery", nargs=-1)
@click.option("--failed", is_flag=True, help="All that have failed.")
@project_option
def redeliver(hook: str, delivery: tuple[str, ...], failed: bool, project: Path) -> None:
    """Send each DELIVERY of HOOK (again), under the same id; a gateway that runs does so within 5 seconds.

    Exit 1 if one of them stays as it is.
    """
    from gateway.settings import load_settings

    if bool(delivery) == failed:
        raise CommandFailed("name deliveries, or take all that have failed with --failed")
    settings = load_settings(project, offline=True)
    _check(settings, hook)
    with opened(settings) as storage, storage.transaction() as t:
        done = _redeliver_failed(t, hook) if failed else _redeliver(t, hook, delivery)
    click.echo(f"{_number(done)} will be sent")
    if not failed and done < len(delivery):
        raise SystemExit(1)


@hooks.command()
@click.argument("hook")
@project_option
def enable(hook: str, project: Path) -> None:
    """Tell HOOK again what happens, and whatever it is owed now, in order."""
    from gateway.clock import SystemClock
    from gateway.hooks import again
    from gateway.settings import load_settings

    settings = load_settings(project, offline=True)
    _check(settings, hook)
    with opened(settings) as storage, storage.transaction() as t:
        was_disabled = again.enable(t, hook, SystemClock().now())
        t.audit.add([entry("enable_hook", f"hook/{hook}", before={"disabled": was_disabled})])
        owed = t.deliveries.open_counts([hook]).get(hook, 0)
    told = "is enabled" if was_disabled else "was not disabled"
    click.echo(f"{hook} {told}; it is owed {_number(owed)}")


def _check(settings: "Settings", hook: str) -> None:
    from gateway.hints import did_you_mean

    if hook not in settings.hooks:
        raise CommandFailed(f'there is no hook "{hook}" in pointsman.toml{did_you_mean(hook, settings.hooks)}')


def _latest(t: "Transaction", hook: str, state: str, kind: str, limit: int) -> list["Row"]:
    """Page by page, for a page may have fewer rows than were asked for before the end."""
    rows: list[Row] = []
    page = t.lists.deliveries.page(hook, None, limit, state=state, kind=kind)
    rows += page.rows
    while page.next is not None and len(rows) < limit:
        page = t.lists.deliveries.page(hook, page.next, limit - len(rows), state=state, kind=kind)
        rows += page.rows
    return rows


def _redeliver_failed(t: "Transaction", hook: str) -> int:
    from gateway.clock import SystemClock

    done = t.deliveries.failed_again(hook, SystemClock().now())
    t.audit.add([entry("redeliver_failed", f"hook/{hook}", after={"deliveries": done})])
    return done


def _redeliver(t: "Transaction", hook: str, named: tuple[str, ...]) -> int:
    """How many will be sent; of each other one it is told why not."""
    from gateway.clock import SystemClock
    from gateway.hooks.again import Unsendable, redeliver

    done = 0
    for delivery in dict.fromkeys(named):
        try:
            redeliver(t, hook, delivery, SystemClock().now())
        except (LookupError, Unsendable) as reason:
            click.echo(f"{delivery} stays as it is: {reason}", err=True)
        else:
            t.audit.add([entry("redeliver_delivery", f"delivery/{delivery}")])
            done += 1
    return done


def _number(deliveries: int) -> str:
    return f"{deliveries:,} {'delivery' if deliveries == 1 else 'deliveries'}"


def _shown(row: "Row") -> dict[str, Any]:
    from gateway.api.hooks import told

    return {**plain(told(row)), "data": row["payload"]}


def _hook_cells(one: Mapping[str, Any]) -> list[str]:
    times = [moment(one["failing_since"]), moment(one["disabled_at"])]
    return [one["hook"], one["status"], f"{one['owed']:,}", *times, one["last_error"], one["url"]]


def _delivery_cells(row: "Row") -> list[str]:
    due = moment(row["next_at"]) if row["state"] == "owed" else ""
    happened = moment(row["created_at"])
    return [row["id"], row["kind"], row["state"], str(row["attempts"]), happened, due, row["error"]]
