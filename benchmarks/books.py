"""Rule files and scenes for benchmarks."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain

from rules.book import Rulebook
from rules.events import MessageReceived
from rules.loader import Project, ProjectChannel, load_rulebook
from rules.scene import Customer, Participant, Scene

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PHONE = "+4915112345678"
SMS = ProjectChannel("sms", "sms", "phone")
PROJECT = Project({"sms": SMS}, services=frozenset({"crm"}), functions=frozenset({"scoring.rate"}))

HEAD = """
campaign: many
fields:
  amount: {type: numeric, required: true}
flows:
"""
FLOW = """
  flow_{flow}:
"""
PATH = """
    came_{number}: {{when: incoming_session, keyword: WORD{number}, next: is_much_{number}}}
    is_much_{number}: {{if: amount > 50, match: answer_{number}}}
    answer_{number}: {{do: reply, text: "You still owe {{{{ amount }}}}."}}
"""
PATHS_IN_A_FLOW = 2  # a campaign may have 100 flows, and 200 rules are asked for
CONDITION = "    node_{number}: {{if: amount > 50, match: node_{next}}}\n"
LINES = "    node_{number}: {{if: {{all: [amount > 50, is_set(amount), amount < 900]}}, match: node_{next}}}\n"
SWITCH = "    node_{number}: {{switch: message.keyword, cases: {{OTHER: node_{next}}}, else: node_{next}}}\n"
ACTION = "    node_{number}: {{do: reply, text: Hello, next: node_{next}}}\n"
NOTIFY = "    node_{number}: {{do: notify, channel: sms, to: '+4915112345678', text: Hello, next: node_{next}}}\n"
WAIT = "    node_{number}: {{do: wait, until: 'date(2026, 1, 1)', next: node_{next}}}\n"
UPDATE = "    node_{number}: {{do: update_field, set: {{amount: {{expr: amount + 1}}}}, next: node_{next}}}\n"
CHAIN_LENGTH = 100

ONE = """
campaign: one
fields:
  amount: {type: numeric, required: true}
  note: {type: string}
agents:
  teller: {kind: notice, text: "You still owe {{ amount }}."}
flows:
  watch:
    entered: {when: from_another_flow}
    updated: {when: participant_updated}
  long:
"""


def book(text: str) -> Rulebook:
    """The rulebook of a rule file without mistakes."""
    loaded = load_rulebook(text, "benchmark.yaml", PROJECT)
    if loaded.rulebook is None:
        raise ValueError(str(loaded.diagnostics))
    return loaded.rulebook


def many_rules(number: int) -> Rulebook:
    """So many paths of a trigger, a condition and an action, each for a keyword of its own, two to a flow."""
    flows = range(0, number, PATHS_IN_A_FLOW)
    return book(HEAD + "".join(FLOW.format(flow=n) + "".join(_paths(n)) for n in flows))


def _paths(first: int) -> Iterator[str]:
    return (PATH.format(number=n) for n in range(first, first + PATHS_IN_A_FLOW))


def long_flow(node: str) -> Rulebook:
    """One flow of `CHAIN_LENGTH` nodes that are all alike, and a last one."""
    first = "  long:\n    came: {when: incoming_session, next: node_0}\n"
    nodes = (node.format(number=n, next=n + 1) for n in range(CHAIN_LENGTH - 1))
    last = f"    node_{CHAIN_LENGTH - 1}: {{do: finish, outcome: done}}\n"
    return book(HEAD + "".join(chain([first], nodes, [last])))


def one_node(node: str) -> Rulebook:
    """One flow that a message starts, with this node; "": with none. Another one watches what changes."""
    came = (
        "    came: {when: incoming_session, next: node}\n    node: " + node
        if node
        else "    came: {when: incoming_session}"
    )
    return book(f"{ONE}{came}\n")


def scene() -> Scene:
    """A participant who owes something."""
    customer = Customer("customer", {"phone": PHONE})
    return Scene(customer, Participant("participant", {"amount": Decimal(100)}, entered=True))


def word(number: int) -> MessageReceived:
    """The person wrote the keyword of this flow."""
    text = f"WORD{number}"
    return MessageReceived(id="event", at=NOW, channel="sms", address=PHONE, text=text, keyword=text)
