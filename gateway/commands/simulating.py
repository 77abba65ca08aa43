"""`pointsman simulate`."""

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.commands.failing import USAGE_OR_SETTINGS, CommandFailed
from gateway.commands.project import project_option
from gateway.commands.recording import record

if TYPE_CHECKING:
    from gateway.scenarios.covering import Covered
    from gateway.scenarios.playing import Told
    from gateway.scenarios.values import Scenario, Surroundings

NOT_AS_EXPECTED = 1
FOLDER = "scenarios"  # of a project: what is played where nothing is named


@click.command()
@click.argument("scenarios", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--rules",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Play with the rule files of this folder in place of those of the same names.",
)
@click.option("--story", help="Play only stories whose names hold these words.")
@click.option("--quiet", "-q", is_flag=True, help="Print only what is not as expected, and the counts.")
@click.option("--inputs/--no-inputs", default=True, help="Whether to look for what would lead to ways nobody walked.")
@click.option("--record", "recorded", metavar="PARTICIPANT", help="Write one instead, as `pointsman record` does.")
@click.option("--json", "as_json", is_flag=True, help="Print all of it as one JSON object.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write the result as JUnit's XML, too.")
@project_option
def simulate(
    scenarios: tuple[Path, ...],
    rules: Path | None,
    story: str | None,
    quiet: bool,
    inputs: bool,
    recorded: str | None,
    as_json: bool,
    junit: Path | None,
    project: Path,
) -> None:
    """Play SCENARIOS (files, or folders of them; by default the project's folder `scenarios`) in memory, without any
    network, and compare what people hear with what is expected.

    Prints each talk with its times, and which ways of the rules were walked. Exit 0 if all is as expected, 1 if
    anything is not, 2 if a file is wrong.
    """
    if recorded is not None:
        click.get_current_context().invoke(record, participant=recorded, project=project)
        return
    from gateway.scenarios.covering import covered
    from gateway.scenarios.reporting import as_json as reported
    from gateway.scenarios.reporting import as_junit

    around = surroundings(project)
    read = read_all(files_of(scenarios or (project / FOLDER,)), around, rules)
    with calm_logs():
        stories = played(read, around, story or "", None if as_json else telling(quiet))
    if not stories:
        raise CommandFailed("there is no such story" if story else "there are no stories in these files")
    found = covered(stories)
    if junit is not None:
        junit.write_bytes(as_junit(stories))
    if as_json:
        click.echo(json.dumps(reported(stories, [flow for _, own in found for flow in own]), ensure_ascii=False))
    else:
        tell_end(stories, found, looking=inputs)
    if any(told.missed for told in stories):
        raise SystemExit(NOT_AS_EXPECTED)


def surroundings(project: Path) -> "Surroundings":
    """The project's channels, services, functions and rule files; without settings, an SMS and a Slack channel."""
    from gateway.rulebooks import read_folder
    from gateway.scenarios.values import Surroundings
    from gateway.settings import FILE, load_settings

    if not (project / FILE).exists():
        return Surroundings()
    settings = load_settings(project, offline=True)
    kinds, services = dict(settings.channel_kinds), frozenset(settings.services)
    return Surroundings(kinds, services, settings.actions.allow, settings.functions, read_folder(settings.rules))


def files_of(named: Iterable[Path]) -> list[Path]:
    """The files themselves, and those of folders. Raises `CommandFailed` where there are none."""
    found = [file for path in named for file in (sorted(path.glob("*.yaml")) if path.is_dir() else [path])]
    missing = [str(path) for path in found if not path.exists()]
    if not found or missing:
        raise CommandFailed(f"there are no scenarios (*.yaml) in {', '.join(missing or map(str, named))}")
    return found


def read_all(files: Sequence[Path], around: "Surroundings", rules: Path | None) -> "list[Scenario]":
    """Every file, or all that is wrong with any of them and exit 2. Rule files in the folder ``rules`` take the places
    of those of the same names. Raises `CommandFailed` where it has none of these."""
    from gateway.scenarios.reading import read_scenario
    from rules.loader import report

    instead = {path.name: path.read_bytes() for path in sorted(rules.glob("*.yaml"))} if rules else {}
    read = [read_scenario(str(file), file.read_bytes(), around, instead) for file in files]
    found = {str(one): one for file in read for one in file.found}
    if found:
        click.echo(report(tuple(found.values()), {name: text for file in read for name, text in file.texts.items()}))
    if any(file.scenario is None for file in read):
        raise SystemExit(USAGE_OR_SETTINGS)
    sound = [file.scenario for file in read if file.scenario]
    if rules and instead.keys().isdisjoint(Path(name).name for one in sound for name in one.rules):
        raise CommandFailed(f"no rule file in {rules} has the name of one that is played")
    return sound


def played(
    scenarios: "Sequence[Scenario]", around: "Surroundings", words: str, tell: "Callable[[Told], None] | None"
) -> "list[Told]":
    """Play every story whose name holds these words, telling each as it ends."""
    from gateway.scenarios.playing import play

    async def play_all() -> "list[Told]":
        stories = []
        for scenario, story in [(one, story) for one in scenarios for story in one.stories if words in story.name]:
            stories.append(await play(scenario, story, around))
            if tell is not None:
                tell(stories[-1])
        return stories

    return asyncio.run(play_all())


def telling(quiet: bool) -> "Callable[[Told], None]":
    """Prints a story: all of it, or, where ``quiet``, only what is not as expected."""
    from gateway.scenarios.telling import story_lines, wrong_lines

    def tell(told: "Told") -> None:
        lines = "\n".join(wrong_lines(told) if quiet else story_lines(told))
        if lines:
            click.echo(lines + ("" if quiet else "\n"))

    return tell


def tell_end(stories: "Sequence[Told]", found: "Covered", *, looking: bool) -> None:
    """The counts, and the coverage with what would lead to the ways that nobody went."""
    from gateway.coverage import told as coverage_lines
    from gateway.scenarios.covering import inputs
    from gateway.scenarios.telling import summary

    click.echo(summary(stories))
    ways = inputs(found) if looking else None
    for line in coverage_lines([flow for _, own in found for flow in own], ways):
        click.echo(f"  {line}")


@contextmanager
def calm_logs() -> Iterator[None]:
    """What the gateway would log is no news here, since the talk shows it; but for faults that nobody foresaw."""
    import structlog

    def only_faults(logger: Any, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if not line.get("exc_info"):
            raise structlog.DropEvent
        return line

    before = structlog.get_config()
    structlog.configure(processors=[only_faults, *before["processors"]])
    try:
        yield
    finally:
        structlog.configure(**before)
