"""Rule files into rulebooks. Takes text, never opens a file, never raises: what is wrong comes back as diagnostics."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from rules.book import Rulebook
from rules.diagnostics import Diagnostic
from rules.lint import check_shared_fields, lint
from rules.loading.building import build
from rules.loading.mistakes import Mistakes
from rules.loading.project import Project, ProjectChannel
from rules.loading.report import report
from rules.marks import read_yaml
from rules.values import Position

__all__ = ["Loaded", "LoadedFolder", "Project", "ProjectChannel", "load_folder", "load_rulebook", "report"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """One file, read. ``rulebook`` is None where ``diagnostics`` (in file order) holds an error; the warnings of
    `rules.lint` stand beside a rulebook, and only there: what is wrong comes before what is odd."""

    rulebook: Rulebook | None
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadedFolder:
    """All rule files of a project: the rulebooks of the sound ones by campaign, and everything wrong with any."""

    rulebooks: Mapping[str, Rulebook] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()


def load_rulebook(text: str | bytes, file: str, project: Project) -> Loaded:
    """The campaign that a file describes, or all its mistakes. ``file`` is the name that positions carry."""
    marked, problems = read_yaml(text, file)
    if marked is None:
        return Loaded(None, problems)
    mistakes = Mistakes(marked, problems)
    rulebook = build(marked.data, _hash(text), project, mistakes)
    if rulebook is None or mistakes.any_error:
        return Loaded(None, mistakes.found)
    return Loaded(rulebook, (*mistakes.found, *lint(rulebook, marked)))


def load_folder(texts: Mapping[str, str | bytes], project: Project) -> LoadedFolder:
    """All files of a project by name. Of two files for one campaign the first by name counts, the other is an error."""
    rulebooks: dict[str, Rulebook] = {}
    diagnostics: list[Diagnostic] = []
    for file, text in sorted(texts.items()):
        loaded = load_rulebook(text, file, project)
        diagnostics += loaded.diagnostics
        if loaded.rulebook is None:
            continue
        first = rulebooks.setdefault(loaded.rulebook.campaign, loaded.rulebook)
        if first is not loaded.rulebook:
            diagnostics.append(_same_campaign(loaded.rulebook, first, text))
    diagnostics += check_shared_fields(rulebooks.values(), texts)
    return LoadedFolder(rulebooks, tuple(diagnostics))


def _same_campaign(second: Rulebook, first: Rulebook, text: str | bytes) -> Diagnostic:
    marked, _ = read_yaml(text, second.file)
    position = marked.value(("campaign",)).position if marked else Position(second.file, 1, 1)
    message = f'the campaign "{second.campaign}" is defined in {first.file} already'
    return Diagnostic(
        position, "E113", message, "one file for each campaign: rename or remove one", width=len(second.campaign)
    )


def _hash(text: str | bytes) -> str:
    return sha256(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")).hexdigest()
