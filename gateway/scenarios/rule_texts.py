"""The rule files of a scenario: named from its folder, or written into it."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.scenarios.mistakes import Mistakes
from rules.book import Rulebook
from rules.diagnostics import Diagnostic
from rules.loader import Project, load_folder


@dataclass(frozen=True)
class RuleTexts:
    """Rule files by name, their rulebooks by campaign, and what is wrong with them. ``whole``: none is missing."""

    texts: Mapping[str, bytes]
    books: Mapping[str, Rulebook]
    found: tuple[Diagnostic, ...]
    whole: bool = True


def read_rules(
    mistakes: Mistakes, file: Path, others: Mapping[str, bytes], instead: Mapping[str, bytes], project: Project
) -> RuleTexts:
    """Those that the scenario names or holds; the project's own (``others``) where it does neither."""
    before = len(mistakes.found)
    texts = dict(_named(mistakes, file, instead) if "rules" in mistakes.data else _own(others, instead))
    loaded = load_folder(texts, project)
    errors = tuple(found for found in loaded.diagnostics if found.level == "error")
    return RuleTexts(texts, loaded.rulebooks, errors, not errors and len(mistakes.found) == before)


def _own(others: Mapping[str, bytes], instead: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    for path, text in others.items():
        name = Path(path).name
        yield (name, instead[name]) if name in instead else (path, text)


def _named(mistakes: Mistakes, file: Path, instead: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    told = mistakes.written(("rules",))
    listed = told if isinstance(told, list) else [told]
    for number, one in enumerate(listed):
        place = ("rules", number) if isinstance(told, list) else ("rules",)
        if not isinstance(one, str):
            mistakes.at(place, "S103", "rules takes paths of rule files, or their texts")
        elif "\n" in one or ":" in one:
            yield f"{number + 1}.yaml", one.encode()
        elif (name := Path(one).name) in instead:
            yield name, instead[name]
        else:
            yield from _file(mistakes, place, file.parent / one)


def _file(mistakes: Mistakes, place: tuple[str | int, ...], path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        yield os.path.relpath(path), path.read_bytes()
    except OSError as error:
        mistakes.at(place, "S104", f"{path} cannot be read: {error.strerror}", "paths begin at the scenario's folder")
