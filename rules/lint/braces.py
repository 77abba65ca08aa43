"""W311: `{{ ... }}` where the language takes plain words, so that people would read the braces."""

from collections.abc import Iterator

from rules.actions.finish import Finish
from rules.actions.update_field import UpdateField
from rules.lint.ground import Ground, path_of
from rules.marks import Path

CODE = "W311"


def check_braces(ground: Ground) -> None:
    """Notes an outcome or a constant that looks like a text with values."""
    for path, words, hint in _plain(ground):
        if isinstance(words, str) and "{{" in words:
            ground.notes.at_value(path, CODE, f'"{path[-1]}" is plain words: the braces stay as they are', hint)


def _plain(ground: Ground) -> Iterator[tuple[Path, object, str]]:
    for node in ground.nodes.values():
        if isinstance(node, Finish):
            yield path_of(node, "outcome"), node.outcome, "an outcome is the same for everybody"
        elif isinstance(node, UpdateField):
            for name, value in node.set:
                yield path_of(node, "set", name), value, "a computed value is written {expr: ...}"
