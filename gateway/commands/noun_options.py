"""The command that reads one endpoint: its arguments are the parameters of the address, its options are the query."""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click

from gateway.api.endpoints import PARAMETER, AnyEndpoint
from gateway.commands.moments import moment_meant
from gateway.commands.project import project_option

SHOWN = 100  # rows told unless asked for more
MAX_SHOWN = 10_000
PAGING = ("limit", "after")
PAGE_OF = "A page of "
WORD = re.compile(r"`(\w+)`")
json_option = click.option("--json", "as_json", is_flag=True, help="The answer of the API, for programs.")


def command_of(name: str, endpoint: AnyEndpoint) -> click.Command:
    """The command called ``name`` that tells what the endpoint answers."""
    command: Any = partial(_read, endpoint)
    for option in reversed([*_arguments(endpoint), *_options(endpoint), json_option, project_option]):
        command = option(command)
    return click.command(name, help=_help(endpoint), short_help=_help(endpoint).partition("\n")[0])(command)


def options_of(endpoint: AnyEndpoint) -> Mapping[str, Mapping[str, Any]]:
    """What the query may say, as its JSON Schema has it, by name."""
    known: dict[str, Mapping[str, Any]] = endpoint.query.model_json_schema().get("properties", {})
    return known


def option_name(field: str) -> str:
    """What the option of a field of a query is called."""
    return f"--{field.replace('_', '-')}"


def _arguments(endpoint: AnyEndpoint) -> Iterator[Any]:
    for name in endpoint.parameters:
        yield click.argument(name)


def _options(endpoint: AnyEndpoint) -> Iterator[Any]:
    for field, schema in sorted(options_of(endpoint).items(), key=lambda option: option[0] in PAGING):
        if field == "limit":
            rows = click.IntRange(1, MAX_SHOWN)
            yield click.option("--limit", type=rows, default=SHOWN, show_default=True, help="At most so many.")
        elif field == "after":
            yield click.option("--after", metavar="CURSOR", help="Go on there: `next` of the answer before.")
        else:
            yield click.option(option_name(field), field, help=_sentence(schema["description"]), **_kind(schema))


def _kind(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The type of an option: words, a moment, or a text of which the API says what is wrong with it."""
    if "enum" in schema:
        return {"type": click.Choice([word for word in schema["enum"] if word])}
    if schema.get("format") == "date-time":
        return {"metavar": "WHEN", "callback": _moment}
    return {"metavar": {"date": "DAY"}.get(schema.get("format", ""), "N" if schema["type"] == "integer" else "TEXT")}


def _moment(ctx: click.Context, option: click.Parameter, given: str | None) -> str | None:
    return moment_meant(given, option_name(option.name or "")).isoformat() if given is not None else None


def _help(endpoint: AnyEndpoint) -> str:
    """What the endpoint says of itself, in the words of a terminal."""
    text = _sentence(endpoint.description.removeprefix(PAGE_OF)).replace("`next`", "next")
    return WORD.sub(lambda word: option_name(word[1]) if word[1] in options_of(endpoint) else word[0], text)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}."


def _read(endpoint: AnyEndpoint, *, project: Path, as_json: bool, limit: int = SHOWN, **given: str | None) -> None:
    """Ask the endpoint in this process, and print what it answers."""
    from gateway.commands.answering import Question, answer_of
    from gateway.commands.told import tell

    place = {name: str(given.pop(name)) for name in PARAMETER.findall(endpoint.path)}
    query = {name: text for name, text in given.items() if text is not None}
    tell(endpoint, answer_of(Question(endpoint, place, query, limit), project), as_json=as_json)
