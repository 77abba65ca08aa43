"""`pointsman explain` and `pointsman why-not`: why something happened, and why something did not."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.commands.failing import CommandFailed
from gateway.commands.project import opened, project_option

if TYPE_CHECKING:
    from gateway.explain.values import Explanation
    from gateway.given import Version
    from storage.transaction import Transaction
    from storage.values import Row

SHOWN, MAX_SHOWN = 10, 200  # events of a participant
json_option = click.option("--json", "as_json", is_flag=True, help="As the API tells it, for programs.")


@click.command()
@click.argument("what", metavar="EVENT|PARTICIPANT|MESSAGE")
@click.option(
    "--limit",
    type=click.IntRange(1, MAX_SHOWN),
    default=SHOWN,
    show_default=True,
    help="Of a participant: so many events, the latest first.",
)
@json_option
@project_option
def explain(what: str, limit: int, as_json: bool, project: Path) -> None:
    """Tell why: what came in, which triggers it fired and which not, every node that was walked with the values its
    conditions saw, and what became of each effect.

    An event is meant by its number, a message by its id, a participant by its id or as CAMPAIGN/WHO, WHO being a
    phone number (+49...), an email address, a Slack user or an external id. It reads the database beside the gateway.
    """
    from gateway.explain.telling import lines_of

    with _reading(project) as (t, version):
        explanations = _explanations(t, version, what, limit)
    if as_json:
        _print_json(list[Any], explanations)
        return
    click.echo("\n\n".join("\n".join(lines_of(one)) for one in explanations) or "there is nothing to tell of them")


@click.command("why-not")
@click.argument("participant")
@click.argument("target", metavar="FLOW[.NODE]")
@json_option
@project_option
def why_not(participant: str, target: str, as_json: bool, project: Path) -> None:
    """Tell why PARTICIPANT did not get to a flow, or to a node of it: whether a trigger was considered and what it
    refused, where the path went another way, what is waited for.

    PARTICIPANT is an id, or CAMPAIGN/WHO, as for `pointsman explain`.
    """
    from gateway.explain import why_not as answering
    from gateway.explain.telling import lines_of_why_not

    with _reading(project) as (t, version):
        row = _participant(t, participant)
        answer = answering.why_not(t, version, _target(t, version, row["campaign"], target), row)
    if as_json:
        _print_json(type(answer), answer)
    else:
        click.echo("\n".join(lines_of_why_not(answer)))


@contextmanager
def _reading(project: Path) -> "Iterator[tuple[Transaction, Version]]":
    """The database, and the rule file versions that it keeps."""
    from gateway.adapters import rule_project
    from gateway.recorded import Versions
    from gateway.settings import load_settings

    settings = load_settings(project, offline=True)
    with opened(settings) as storage, storage.reading() as t:
        yield t, Versions(rule_project(settings)).of(t)


def _explanations(t: "Transaction", version: "Version", what: str, limit: int) -> "list[Explanation]":
    from gateway.explain.explaining import NoSuchEvent, explain_event, explain_participant
    from gateway.explain.finding import NotFound, meant

    try:
        found = meant(t, what)
        if found.event is not None:
            return [explain_event(t, version, found.event)]
    except (NotFound, NoSuchEvent) as error:
        raise CommandFailed(str(error)) from None
    explanations, more = explain_participant(t, version, found.participant or {}, None, limit)
    if more is not None and explanations:
        click.echo(f"there is more: take a larger --limit than {limit}", err=True)
    elif more is not None:
        click.echo("the latest decisions about the person are all of other campaigns", err=True)
    return explanations


def _participant(t: "Transaction", who: str) -> "Row":
    from gateway.explain.finding import NotFound, participant_named

    try:
        return participant_named(t, who)
    except NotFound as error:
        raise CommandFailed(str(error)) from None


def _target(t: "Transaction", version: "Version", campaign: str, name: str) -> Any:
    from gateway.explain.target import NoSuchTarget, target_named

    row = t.campaigns.get(campaign)
    book = version(row["rules"]) if row else None
    if book is None:
        raise CommandFailed(f"no rule file of {campaign} has come into force that can be read")
    try:
        return target_named(book, name)
    except NoSuchTarget as error:
        raise CommandFailed(str(error)) from None


def _print_json(kind: Any, value: Any) -> None:
    """Half a surrogate pair, which outsiders can send and UTF-8 does not have, is told as JSON escapes it."""
    from pydantic import TypeAdapter

    told = TypeAdapter(kind).dump_python(value, mode="json")
    click.echo(json.dumps(told, ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace"))
