"""`pointsman token create|list|revoke` and `pointsman audit`: who may ask the API, and who changed what."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.commands.auditing import entry
from gateway.commands.failing import CommandFailed, Commands
from gateway.commands.project import opened, project_option
from gateway.commands.tables import moment, plain, print_table

if TYPE_CHECKING:
    from storage.transaction import Transaction
    from storage.values import Row

SCOPES = ("read", "write", "admin")
SHOWN = 100  # changes told unless asked for more
MAX_SHOWN = 10_000
TOKEN_COLUMNS = ("id", "name", "scope", "created", "expires", "last used", "revoked")
AUDIT_COLUMNS = ("at", "who", "what", "subject", "before", "after")
json_option = click.option("--json", "as_json", is_flag=True, help="For programs.")


@click.group(cls=Commands)
def token() -> None:
    """Make, list and revoke tokens of the API. Beside them, the one of POINTSMAN_API_TOKEN may do all."""


@token.command()
@click.argument("name")
@click.option("--scope", type=click.Choice(SCOPES), required=True, help="What it may: each includes those before it.")
@click.option("--expires", default="", metavar="DAYS|DATE", help="After so many days, or from 2027-03-01 on.")
@json_option
@project_option
def create(name: str, scope: str, expires: str, as_json: bool, project: Path) -> None:
    """Make a token called NAME and print it: it is told this once, and nobody keeps it."""
    from gateway.api.access import issue
    from gateway.api.scopes import Scope
    from gateway.api.tokens import given_of
    from gateway.clock import SystemClock
    from gateway.settings import load_settings
    from storage.errors import Conflict

    settings, now = load_settings(project, offline=True), SystemClock().now()
    _check_name(name)
    secret, row = issue(name, Scope(scope), now, _expiry(expires, now))
    with opened(settings, make=True) as storage:
        try:
            with storage.transaction() as t:
                t.tokens.add(row)
                _note(t, "create_token", row, given_of(row))
        except Conflict:
            raise CommandFailed(f'another token is called "{name}"; revoked ones keep their names, too') from None
    told = {"token": secret, **_shown(row)}
    click.echo(json.dumps(told, indent=1) if as_json else secret)


@token.command("list")
@json_option
@project_option
def list_tokens(as_json: bool, project: Path) -> None:
    """List all tokens there ever were, by name. Their secrets are not kept."""
    from gateway.settings import load_settings

    with opened(load_settings(project, offline=True)) as storage, storage.reading() as t:
        rows = t.tokens.all()
    if as_json:
        click.echo(json.dumps([_shown(row) for row in rows], indent=1))
    elif rows:
        print_table(TOKEN_COLUMNS, [_token_cells(row) for row in rows])
    else:
        click.echo("there are no tokens but that of POINTSMAN_API_TOKEN: make one with `pointsman token create`")


@token.command()
@click.argument("name")
@project_option
def revoke(name: str, project: Path) -> None:
    """Revoke the token NAME (or of this id): within 5 seconds it works nowhere any more."""
    from gateway.clock import SystemClock
    from gateway.settings import load_settings

    with opened(load_settings(project, offline=True)) as storage, storage.transaction() as t:
        row = t.tokens.named(name) or t.tokens.get(name)
        if row is None:
            raise CommandFailed(f'no token is called "{name}": `pointsman token list` lists them')
        if t.tokens.revoke(row["id"], SystemClock().now()):
            _note(t, "revoke_token", row, {})
            click.echo(f"{row['name']} is revoked")
        else:
            click.echo(f"{row['name']} was revoked before")


@click.command()
@click.option("--subject", default="", metavar="NOUN/ID", help="Only of this one, such as campaign/spring.")
@click.option("--limit", type=click.IntRange(1, MAX_SHOWN), default=SHOWN, show_default=True, help="At most so many.")
@json_option
@project_option
def audit(subject: str, limit: int, as_json: bool, project: Path) -> None:
    """Tell who changed what, by the API or by commands, the latest first."""
    from gateway.settings import load_settings

    with opened(load_settings(project, offline=True)) as storage, storage.reading() as t:
        rows = t.audit.page(None, limit, subject)
    if as_json:
        click.echo(json.dumps([plain(row) for row in rows], indent=1))
    elif rows:
        print_table(AUDIT_COLUMNS, [_audit_cells(row) for row in rows])
    else:
        click.echo("nothing was changed")


def _check_name(name: str) -> None:
    from pydantic import ValidationError

    from gateway.api.access import is_of_settings
    from gateway.api.tokens import MAX_NAME, NewToken

    if is_of_settings(name):
        raise CommandFailed(f'"{name}" is the name of the token of POINTSMAN_API_TOKEN: take another one')
    try:
        NewToken(name=name)
    except ValidationError:
        words = f"1 to {MAX_NAME} letters, digits, blanks and . @ - _"
        raise CommandFailed(f"a token's name must have {words}") from None


def _expiry(text: str, now: datetime) -> datetime | None:
    """When it works no more (UTC): after so many days, or from a date of this machine's zone on. Raises
    `CommandFailed`."""
    from gateway.api.tokens import MAX_DAYS

    if not text:
        return None
    try:
        days = re.fullmatch(r"[0-9]{1,5}", text)
        expires = now + timedelta(days=int(text)) if days else datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CommandFailed(f'--expires "{text}" must be a number of days, or a date such as 2027-03-01') from None
    if not now < expires <= now + timedelta(days=MAX_DAYS):
        raise CommandFailed(f'--expires "{text}" must be ahead, by at most {MAX_DAYS:,} days')
    return expires


def _note(t: "Transaction", what: str, row: "Row", after: dict[str, Any]) -> None:
    t.audit.add([entry(what, f"token/{row['id']}", after=after)])


def _shown(row: "Row") -> dict[str, Any]:
    return {name: value for name, value in plain(row).items() if name != "hash"}


def _token_cells(row: "Row") -> list[str]:
    times = [moment(row[name]) for name in ("created_at", "expires_at", "last_used_at", "revoked_at")]
    return [row["id"], row["name"], row["scope"], *times]


def _audit_cells(row: "Row") -> list[str]:
    changes = (json.dumps(row[side], ensure_ascii=False) if row[side] else "" for side in ("before", "after"))
    return [moment(row["at"]), row["who"], row["what"], row["subject"], *changes]
