"""The parts that a rule file is made of, each with what it means and where it is written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rules.book import Rulebook
from rules.difference.meaning import Meaning, meaning
from rules.marks import Marked, Path

HEADING = ("campaign", "title", "timezone", "region")
KINDS = ("when", "if", "switch", "do")


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its kind and name, what is written for it (None: nothing) and what that means."""

    what: str
    name: str
    path: Path
    written: object
    means: Meaning

    @property
    def keys(self) -> Mapping[str, object]:
        """What is written for it, by key."""
        return self.written if isinstance(self.written, dict) else {}

    @property
    def sort(self) -> str:
        """Of a node what it is, such as `do: wait`, or `if`; of an agent its kind; "" for any other part."""
        if self.what == "agent":
            return str(self.keys.get("kind", ""))
        word = next((word for word in KINDS if self.what == "node" and word in self.keys), "")
        return f"{word}: {self.keys[word]}" if word in ("do", "when") else word


def parts_of(book: Rulebook, marked: Marked) -> Iterator[Part]:
    """Every part of a file, in the order in which files are commonly written."""
    data = marked.data if isinstance(marked.data, dict) else {}
    heading = {key: data[key] for key in HEADING if key in data}
    yield Part("campaign", "", (), heading, meaning(tuple(getattr(book, key) for key in HEADING)))
    yield Part("contact", "", ("contact",), data.get("contact", {}), meaning(book.contact))
    yield from _section("field", "fields", book.fields, data)
    yield from _section("channel", "channels", book.channels, data)
    yield from _section("agent", "agents", book.agents, data)
    for flow in book.flows.values():
        yield Part("flow", flow.name, ("flows", flow.name), None, meaning(tuple(flow.nodes)))
        for name, node in flow.nodes.items():
            path = ("flows", flow.name, name)
            yield Part("node", node.full_name, path, _at(data, path), meaning(node, frozenset({"flow", "name"})))


def _section(what: str, key: str, built: Mapping[str, Any], data: Mapping[str, object]) -> Iterator[Part]:
    for name, value in built.items():
        written = _at(data, (key, name)) or {}
        yield Part(what, name, (key, name), written, meaning(value, frozenset({"name"})))


def _at(data: object, path: Path) -> object:
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data
