"""Two versions of a rule file, part by part."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from rules.book import Rulebook, TriggerNode
from rules.calling import shortened
from rules.difference.change import Change, Difference, Edition, Kind
from rules.difference.parts import Part, parts_of
from rules.difference.renames import Renames, renames
from rules.difference.words import clause, shown
from rules.difference.written import NOTHING, Leaf, leaves
from rules.marks import Path, read_yaml
from rules.values import Position

Parts = Mapping[tuple[str, str], Part]


def edition(book: Rulebook, text: str | bytes) -> Edition:
    """A sound rule file as it is compared. Raises ValueError where ``text`` is not that of the rulebook."""
    marked, _ = read_yaml(text, book.file)
    if marked is None:
        raise ValueError(f"{book.file} is not the text of this rulebook")
    return Edition(book, marked)


def difference(old: Edition, new: Edition) -> Difference:
    """What of the new version means something else than in the old one. Nothing for the same text, ever.

    A part (a node, an agent) that is gone and one that is new count as renamed where they mean the same and no other
    does. The two should have been loaded for the same project.
    """
    if old.book.hash == new.book.hash:
        return Difference()
    comparison = _Comparison(old, new)
    return Difference(tuple(comparison.changes()), comparison.names.nodes)


class _Comparison:
    """The parts of both files, and which of them are the same one."""

    def __init__(self, old: Edition, new: Edition) -> None:
        self.old, self.new = old, new
        self.names: Renames = renames(old.book, new.book)
        self._before: Parts = {(p.what, p.name): p for p in parts_of(old.book, old.marked)}
        self._after: Parts = {(p.what, p.name): p for p in parts_of(new.book, new.marked)}
        self._former = {(what, self.names.of(what, name)): part for (what, name), part in self._before.items()}

    def changes(self) -> Iterator[Change]:
        for at, part in self._after.items():
            before = self._former.get(at)
            yield from self._compared(before, part) if before else self._come(part)
        yield from self._order()
        for (what, name), part in self._before.items():
            if (what, self.names.of(what, name)) not in self._after:
                yield from self._gone(part)

    def _come(self, part: Part) -> Iterator[Change]:
        if part.what != "node" or ("flow", _flow_of(part)) in self._former:  # of a new flow the nodes are not listed
            yield _change(Kind.ADDED, part, f"is new{self._more(part, self.new)}", new=self._place(self.new, part.path))

    def _gone(self, part: Part) -> Iterator[Change]:
        if part.what != "node" or ("flow", self.names.of("flow", _flow_of(part))) in self._after:
            words = f"is gone{self._more(part, self.old)}"
            yield _change(Kind.REMOVED, part, words, old=self._place(self.old, part.path))

    def _more(self, part: Part, edition: Edition) -> str:
        if part.what == "flow":
            return f" ({shortened(', '.join(edition.book.flows[part.name].nodes))})"
        return f" ({part.sort})" if part.sort else f": {shown(part.written)}" if part.written else ""

    def _compared(self, before: Part, after: Part) -> Iterator[Change]:
        places = {"old": self._place(self.old, before.path), "new": self._place(self.new, after.path)}
        if before.name != after.name and not self._is_of_renamed_flow(before, after):
            yield _change(Kind.RENAMED, after, f"is the new name of {before.name}", was=before.name, **places)
        if before.means == after.means:
            return
        if before.sort != after.sort:
            words = f"is now {after.sort or after.what}, was {before.sort or before.what}"
            yield _change(Kind.CHANGED, after, words, **places)
            return
        meant = partial(self._meant, before)
        for leaf in leaves(before.written or {}, after.written or {}, meant):
            yield self._changed(before, after, leaf)

    def _meant(self, part: Part, key: str, value: object) -> object:
        return self.names.meant(key, _flow_of(part), value) if part.what == "node" else value

    def _is_of_renamed_flow(self, before: Part, after: Part) -> bool:
        """Whether the name of the flow is all that is new in the node's."""
        return before.what == "node" and before.path[-1] == after.path[-1]

    def _changed(self, before: Part, after: Part, leaf: Leaf) -> Change:
        old = None if leaf.before is NOTHING else self._place(self.old, before.path + leaf.old)
        new = None if leaf.after is NOTHING else self._place(self.new, after.path + leaf.new)
        key = ".".join(str(part) for part in leaf.new)
        return _change(Kind.CHANGED, after, clause(leaf, before.written), key=key, old=old, new=new)

    def _place(self, edition: Edition, path: Path) -> Position:
        return edition.marked.key(path).position

    def _order(self) -> Iterator[Change]:
        """Flows start in file order: where one event starts several, the order is part of what is decided."""
        for kind, now in self.new.book.triggers_by_kind.items():
            then = self.old.book.triggers_by_kind[kind]
            names = [self.names.of("node", node.full_name) for node in then]
            kept = [node for node in now if node.full_name in names]
            order = [name for name in names if any(node.full_name == name for node in kept)]
            if moved := _first_moved(order, kept):
                words = f"{moved.full_name} comes before {', '.join(_overtaken(order, kept, moved))} now"
                yield Change(kind=Kind.CHANGED, what="triggers", name=kind.value, words=words, new=moved.position)


def _first_moved(order: list[str], kept: list[TriggerNode]) -> TriggerNode | None:
    return next((node for name, node in zip(order, kept, strict=True) if name != node.full_name), None)


def _overtaken(order: list[str], kept: list[TriggerNode], moved: TriggerNode) -> Iterable[str]:
    later = {node.full_name for node in kept[kept.index(moved) + 1 :]}
    return (name for name in order[: order.index(moved.full_name)] if name in later)


def _flow_of(node: Part) -> str:
    return node.name.partition(".")[0]


def _change(kind: Kind, part: Part, words: str, **more: Any) -> Change:
    return Change(kind=kind, what=part.what, name=part.name, words=words, **more)
