"""Examples that show a piece of a rule file: made whole, so that the loader reads them as it reads a file."""

from collections.abc import Iterator, Mapping
from typing import Any

from rules.loading.campaign import CampaignSpec
from rules.marks import read_what_can_be_read

HEAD = "campaign: example\nregion: DE\n"
FIELDS = """fields:
  first_name:     {type: string, level: customer, required: true}
  amount_due:     {type: numeric}
  due_date:       {type: date}
  payment_status: {type: enumeration, values: [unpaid, promised, paid], default: unpaid}
  plan:           {type: enumeration, values: [basic, team]}
  visits:         {type: integer, default: 0}
  remark:         {type: string}
  order_no:       {type: string}
"""
AGENTS = """agents:
  collector:
    kind: form
    questions: [{result: will_pay, ask: "Can you pay by then?", type: boolean}]
  greeter: {kind: notice, text: "Welcome, {{ first_name }}!"}
"""
FLOW = "flows:\n  example:\n    began: {when: participant_created}\n"


def whole(fragment: str) -> str:
    """The fragment (a rule file, some of its top-level keys, or nodes of one flow) as part of a rule file."""
    content = read(fragment)
    if content.keys() >= {"campaign", "flows"}:
        return fragment
    if not content.keys() <= {*CampaignSpec.model_fields}:
        return HEAD + FIELDS + AGENTS + "flows:\n  example:\n" + _indented(fragment) + _around(content)
    missing = {"campaign": HEAD, "fields": FIELDS, "agents": AGENTS, "flows": FLOW}
    return fragment + "".join(text for key, text in missing.items() if key not in content)


def read(text: str) -> dict[str, Any]:
    """The content of a file or a fragment."""
    content = read_what_can_be_read(text)
    assert isinstance(content, dict), f"an example is a mapping: {text}"
    return content


def _indented(fragment: str) -> str:
    return "".join(f"    {line}" if line.strip() else line for line in fragment.splitlines(keepends=True))


def _around(nodes: Mapping[str, Any]) -> str:
    """The nodes that these lead to and do not show, and triggers that lead to those that none of these leads to."""
    ways = {name: [*_ways(node)] for name, node in nodes.items()}
    named = dict.fromkeys(way for ways_on in ways.values() for way in ways_on)
    lines = [f"{way}: {{do: finish}}" for way in named if way not in nodes]
    reached = _reached([name for name, node in nodes.items() if "when" in node], ways)
    for name in nodes:
        if name not in reached:
            reached |= _reached([name], ways)
            lines.append(f"to_{name}: {{when: incoming_session, keyword: {name.replace('_', '')}, next: {name}}}")
    return "".join(f"    {line}\n" for line in lines)


def _reached(names: list[str], ways: Mapping[str, list[str]]) -> set[str]:
    found: set[str] = set()
    while names:
        name = names.pop()
        names += [way for way in ways.get(name, ()) if way not in found]
        found.add(name)
    return found


def _ways(node: Mapping[str, Any]) -> Iterator[str]:
    yield from (node[key] for key in ("next", "match", "else", "failed") if node.get(key))
    yield from (way for way in node.get("cases", {}).values() if way)
