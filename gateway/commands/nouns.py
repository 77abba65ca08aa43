"""`pointsman list NOUN` and `pointsman show NOUN`: whatever the API reads, in the terminal.

There is a command for each endpoint that lists something, or tells of one thing: what `gateway.api` learns to read can
be read here, too. What it gives as a file has commands of its own (`FILES`).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from gateway.commands.failing import Commands

if TYPE_CHECKING:
    from gateway.api.endpoints import AnyEndpoint

FILES: Mapping[str, tuple[str, ...]] = {  # endpoints that give files or tales, and the commands that write the same
    "export_participants": ("export",),
    "export_communications": ("export",),
    "export_messages": ("export",),
    "export_decisions": ("export",),
    "export_customer": ("customer", "export"),
    "get_upload_errors": ("uploads", "errors"),
    "get_event_explanation": ("explain",),
    "get_message_explanation": ("explain",),
    "list_explanations": ("explain",),
    "get_why_not": ("why-not",),
}


class Nouns(Commands):
    """The commands of a ``verb``, which are made when they are looked for."""

    def __init__(self, *arguments: Any, verb: str = "", **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.verb = verb

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(endpoints_of(self.verb))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        from gateway.commands.noun_options import command_of

        endpoint = endpoints_of(self.verb).get(cmd_name)
        return command_of(cmd_name, endpoint) if endpoint else None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        from gateway.hints import did_you_mean

        known, noun = self.list_commands(ctx), args[0]
        if noun not in known and not ctx.resilient_parsing:
            ctx.fail(f'there is no "{noun}" to {ctx.info_name}{did_you_mean(noun, known)}')
        return super().resolve_command(ctx, args)


@click.group("list", cls=Nouns, verb="list")
def list_nouns() -> None:
    """List campaigns, participants, messages and whatever else there is, as the API does, with its filters."""


@click.group("show", cls=Nouns, verb="get")
def show_noun() -> None:
    """Show one campaign, participant, message or whatever else there is, as the API does."""


def endpoints_of(verb: str) -> "Mapping[str, AnyEndpoint]":
    """The endpoints whose handlers are called ``verb`` and a noun, by the noun as it is written in the terminal."""
    from gateway.api.site import ENDPOINTS

    read = (one for one in ENDPOINTS if one.method == "GET" and one.name not in FILES)
    named = ((one.name.partition("_"), one) for one in read)
    return {noun.replace("_", "-"): one for (first, _, noun), one in sorted(named, key=_noun) if first == verb}


def _noun(named: "tuple[tuple[str, str, str], AnyEndpoint]") -> str:
    return named[0][2]
