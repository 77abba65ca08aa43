"""`pointsman list` and `pointsman show`: whatever the API reads can be read in the terminal, on each database."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pytest

from gateway.api.endpoints import AnyEndpoint
from gateway.api.site import ENDPOINTS
from gateway.cli import main
from gateway.commands import answering, offline_desk
from gateway.commands.noun_options import options_of
from gateway.commands.nouns import FILES, endpoints_of
from gateway.commands.told import COLUMNS, LIVE, cell
from tests.gateway.api.reading import read
from tests.gateway.example_rules import ADA, ASK_NOW, BEN
from tests.gateway.hooks.receiver import Receiver, listening, write_hook_project
from tests.gateway.people_data import pointsman, use_database
from tests.gateway.running import World, running

STRANGER = "+4915112345609"
READ = {one.name: one for one in ENDPOINTS if one.method == "GET"}
NOUNS = {
    one.name: (verb, noun)
    for verb, found in (("list", endpoints_of("list")), ("show", endpoints_of("get")))
    for noun, one in found.items()
}
NAMES = {"campaign": "ask", "hook": "crm", "flow": "invite"}
KINDS = {  # how one of it is found: the list, and what names one there
    "participant": ("campaigns/ask/participants", "participants", "participant"),
    "customer": ("customers", "customers", "customer"),
    "communication": ("communications", "communications", "communication"),
    "message": ("messages", "messages", "message"),
    "event": ("events", "events", "event"),
    "delivery": ("hooks/crm/deliveries", "deliveries", "id"),
    "upload": ("campaigns/ask/uploads", "uploads", "upload"),
}

FILTERED = (  # lists, and how many rows are left
    (("participants", "ask", "--phone", BEN), 1),
    (("participants", "ask", "--entered", "false"), 0),
    (("participants", "ask", "--outcome", "nothing such"), 0),
    (("messages", "--direction", "in"), 2),
    (("messages", "--direction", "in", "--campaign", "ask"), 1),
    (("messages", "--since", "2090-01-01"), 0),
    (("communications", "--until", "2020-01-01 08:00"), 0),
    (("communications", "--campaign", "ask", "--channel", "sms"), 2),
    (("events", "--kind", "nothing"), 0),
    (("tokens",), 0),
)


@pytest.fixture
async def world(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """A campaign in which Ada has answered and Ben has not, by an uploaded list; and a stranger wrote."""
    use_database(monkeypatch, database_url)
    receiver = Receiver()
    write_hook_project(tmp_path, receiver, ASK_NOW)
    async with listening(receiver), running(tmp_path, database=database_url) as world:
        monkeypatch.setattr(offline_desk, "SystemClock", lambda: world.clock)
        await world.start("ask")
        await world.upload("ask", f"phone,name\n{ADA},Ada\n{BEN},Ben\nfour,Eve\n")
        await world.passes(minutes=1)
        await world.texts(ADA, "yes")
        await world.texts(STRANGER, "who \x1b[31mare you?")
        await world.passes(minutes=1)
        yield world


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal in which each row is on one line."""
    monkeypatch.setenv("COLUMNS", "400")


async def told(project: Path, *arguments: str) -> Any:
    result = await pointsman(project, *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


async def place(world: World, endpoint: AnyEndpoint) -> list[str]:
    """Arguments that name something there is."""
    found = []
    for name in endpoint.parameters:
        if name in KINDS:
            path, noun, key = KINDS[name]
            found.append(str((await read(world, path, limit=1))[noun][0][key]))
        else:
            found.append(NAMES[name])
    return found


def without(told: Any, names: tuple[str, ...]) -> Any:
    if isinstance(told, dict):
        return {name: without(value, names) for name, value in told.items() if name not in names}
    return [without(one, names) for one in told] if isinstance(told, list) else told


def test_each_thing_that_the_api_reads_has_a_command() -> None:
    """If this fails, a handler is called neither `list_...` nor `get_...`, or gives a file and is not in `FILES`."""
    assert set(NOUNS) | set(FILES) == set(READ)
    assert not set(NOUNS) & set(FILES)


@pytest.mark.parametrize("name", sorted(NOUNS))
def test_each_filter_of_the_api_is_an_option_with_help(name: str) -> None:
    verb, noun = NOUNS[name]
    command = subcommand(verb, noun)
    options = {one.name: one for one in command.params if isinstance(one, click.Option)}
    arguments = [one.name for one in command.params if isinstance(one, click.Argument)]

    assert command.help
    assert arguments == list(READ[name].parameters)
    assert set(options) == {*options_of(READ[name]), "as_json", "project"}
    assert all(option.help for option in options.values())


@pytest.mark.parametrize("line", sorted(set(FILES.values())))
def test_what_the_api_gives_as_a_file_is_written_by_a_command(line: tuple[str, ...]) -> None:
    assert subcommand(*line).help


def subcommand(*line: str) -> click.Command:
    command: click.Command = main
    for name in line:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), name)
        assert found is not None, line
        command = found
    return command


def test_the_columns_and_what_is_left_out_are_named_as_the_api_names_them() -> None:
    assert all(set(columns) <= set(kind.model_fields) for kind, columns in COLUMNS.items())
    assert set(LIVE) <= set(NOUNS)


async def test_each_command_tells_what_the_api_answers(world: World, tmp_path: Path) -> None:
    for name, line in NOUNS.items():
        endpoint = READ[name]
        arguments = await place(world, endpoint)
        path = endpoint.path.strip("/").format(**dict(zip(endpoint.parameters, arguments, strict=True)))

        assert await told(tmp_path, *line, *arguments) == without(await read(world, path), LIVE.get(name, ())), name
        shown = await pointsman(tmp_path, *line, *arguments)
        assert shown.exit_code == 0, shown.output
        assert shown.stdout.strip(), name


async def test_a_list_is_a_table_with_a_line_for_each(world: World, tmp_path: Path, wide: None) -> None:
    result = await pointsman(tmp_path, "list", "participants", "ask")
    head, *rows = result.stdout.splitlines()

    assert head.split() == ["participant", "campaign", "identifiers", "fields", "entered", "outcome", "updated", "at"]
    assert sorted(part for row in rows for part in row.split() if "phone=" in part) == [f"phone={ADA}", f"phone={BEN}"]
    assert result.stderr == ""


async def test_one_thing_is_told_line_by_line_with_its_lists_below(world: World, tmp_path: Path, wide: None) -> None:
    (ada,) = (await told(tmp_path, "list", "participants", "ask", "--phone", ADA))["participants"]
    result = await pointsman(tmp_path, "show", "participant", "ask", ada["participant"])
    lines = result.stdout.splitlines()

    assert lines[0].split() == ["participant", ada["participant"]]
    assert "communications:" in lines
    assert lines[-1].split()[0] == ada["communications"][-1]["id"]


async def test_what_people_wrote_does_nothing_to_the_terminal(world: World, tmp_path: Path, wide: None) -> None:
    result = await pointsman(tmp_path, "list", "sessions")
    as_json = await pointsman(tmp_path, "list", "sessions", "--json")

    assert "who \ufffd[31mare you?" in result.stdout
    assert "\x1b" not in as_json.stdout


async def test_a_list_is_read_over_as_many_pages_as_it_takes(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = await told(tmp_path, "list", "messages")
    first = await pointsman(tmp_path, "list", "messages", "--limit", "2", "--json")
    start = json.loads(first.stdout)
    rest = await told(tmp_path, "list", "messages", "--after", start["next"])

    assert len(start["messages"]) == 2
    assert start["messages"] + rest["messages"] == whole["messages"]
    assert (whole["next"], rest["next"]) == (None, None)
    assert first.stderr == f"there is more: take a larger --limit, or go on with --after {start['next']}\n"
    monkeypatch.setattr(answering, "options_of", lambda endpoint: {"limit": {"maximum": 2}})
    assert await told(tmp_path, "list", "messages") == whole
    assert (await told(tmp_path, "list", "messages", "--limit", "3"))["messages"] == whole["messages"][:3]


async def test_a_filter_leaves_what_is_asked_for(world: World, tmp_path: Path) -> None:
    upload = (await read(world, "campaigns/ask/uploads"))["uploads"][0]["upload"]
    for line, number in (*FILTERED, (("upload-errors", "ask", upload), 1)):
        answer = await told(tmp_path, "list", *line)
        rows = next(value for value in answer.values() if isinstance(value, list))

        assert len(rows) == number, line


@pytest.fixture
def project(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in which no gateway has ever run."""
    use_database(monkeypatch, database_url)
    write_hook_project(tmp_path, Receiver(), ASK_NOW)
    return tmp_path


async def test_no_gateway_needs_to_run(project: Path, wide: None) -> None:
    campaigns = (await pointsman(project, "list", "campaigns")).stdout.splitlines()
    flow = (await pointsman(project, "show", "flow", "ask", "invite")).stdout.splitlines()

    assert [line.split() for line in campaigns[1:]] == [["ask", "inactive"]]
    assert [line.split()[:2] for line in flow[-2:]] == [["joined", "participant_created"], ["ask", "communicate"]]
    assert (await pointsman(project, "list", "opt-outs")).stdout == "opt outs: none\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("list", "participants", "nowhere"), 'there is no campaign "nowhere"'),
        (("list", "participants", "asc"), 'did you mean "ask"?'),
        (("list", "participants", "ask", "--phone", "four"), "is not a phone number"),
        (
            ("list", "participants", "ask", "--updated-since", "yesterday"),
            '--updated-since "yesterday" must be such as',
        ),
        (("list", "participants", "ask", "--customer", "Ada"), "--customer: String should match pattern"),
        (("list", "messages", "--status", "lost"), "'lost' is not one of 'owed'"),
        (("list", "messages", "--after", "x"), "--after: Value error, must be the cursor"),
        (("list", "messages", "--limit", "0"), "0 is not in the range"),
        (("list", "people"), 'there is no "people" to list'),
        (("show", "messages"), 'there is no "messages" to show; did you mean "message"?'),
        (("show", "analytics", "ask", "--days", "many"), "--days: Input should be a valid integer"),
        (("show", "event", "1000000"), "there is no event of this number"),
        (("show", "message", "x"), "there is no message of this id"),
        (("list", "deliveries", "cmr"), 'there is no hook "cmr"; did you mean "crm"?'),
    ],
)
async def test_what_can_not_be_read_is_told_as_the_api_tells_it(
    project: Path, line: tuple[str, ...], said: str
) -> None:
    result = await pointsman(project, *line)

    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


async def test_what_goes_into_a_pipe_has_a_line_for_each_row(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    piped = (await pointsman(project, "list", "agents", "ask")).stdout.splitlines()

    assert len(piped) == 2
    assert [line.split()[0] for line in piped] == ["agent", "clerk"]
    assert not any(line.endswith(" ") for line in piped)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "true"),
        ({"": 2}, "none=2"),
        ({"a": 1, "b": {"c": None}}, "a=1, b={c=}"),
        (["one", "two"], "one, two"),
        ([{"channel": "sms", "number": 2}, {"channel": "slack", "number": 1}], "sms 2; slack 1"),
        ([dict.fromkeys("abcde", 1)] * 3, "3"),
        ("two\nlines\x1b[0m", "two lines\ufffd[0m"),
        (datetime(2027, 3, 1, 8, 0, 0, 5, tzinfo=UTC), "2027-03-01 08:00:00"),
    ],
)
def test_a_cell_is_one_line(value: Any, shown: str) -> None:
    assert cell(value) == shown


def test_large_things_are_counted_in_a_table_and_told_where_there_is_room() -> None:
    large = [dict.fromkeys("abcde", 1), {key: [2] for key in "abcde"}]

    assert cell(large) == "2"
    assert cell(large, whole=True) == "{a=1, b=1, c=1, d=1, e=1}; {a={2}, b={2}, c={2}, d={2}, e={2}}"
