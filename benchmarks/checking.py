"""Checking: milliseconds to read, check and lint a rule file of 1,000 nodes, against PyYAML building its plain data.

The file is as operators write them: flows of twenty nodes that begin with a trigger, ask, decide by status and by
fields, write to the person, and lead into the next flow, with forms, texts with values in them, and a warning.
The baseline is the same text through PyYAML's C loader: what any program pays that reads it at all.
"""

import yaml

from benchmarks.books import PROJECT
from benchmarks.harness import MILLISECONDS, RATIO, Pairs, Plan, Row, alternate, timed
from rules.loader import load_rulebook

FLOWS, NODES = 50, 1_000
GOAL = 500.0  # milliseconds for all of it
BASELINE = "yaml.CSafeLoader"
HEAD = """\
campaign: large
timezone: Europe/Berlin
fields:
  first_name: {type: string, level: customer, required: true}
  amount_due: {type: numeric, required: true}
  due_date:   {type: date, required: true}
  nickname:   {type: string}
"""
FIELDS = """\
  state_{n}: {{type: enumeration, values: [open, asked, agreed, refused, closed], default: open}}
  tries_{n}: {{type: integer, import: false, default: 0}}
"""
AGENTS = """\
  form_{n}:
    kind: form
    opening: "Hi {{{{ first_name }}}}, {{{{ amount_due | money('EUR') }}}} is due on {{{{ due_date | date }}}}."
    questions:
      - {{result: agrees_{n}, ask: "Can you pay by then? Reply YES or NO.", type: boolean, retries: 2}}
      - {{result: way_{n}, ask: "How?", type: enumeration, values: [By card, By transfer, In cash]}}
    closing: "{{% if results.agrees_{n} %}}Thank you, {{{{ first_name }}}}.{{% else %}}We will call you.{{% endif %}}"
  notice_{n}: {{kind: notice, text: "{{{{ nickname | default('Hello') }}}}, this is number {n}."}}
"""
FLOW = """\
  flow_{n}:
    changed: {{when: participant_updated, field: state_{n}, source: [import, api], next: is_open}}
    entered: {{when: from_another_flow, next: is_open}}
    wrote: {{when: incoming_session, channel: sms, keyword: [WORD{n}, TERM{n}], next: which}}
    is_open: {{if: state_{n} == "open" and amount_due > {n}, match: soon, else: leave}}
    soon: {{if: days_until(due_date) <= 3 or is_set(nickname), match: ask, else: tell}}
    tell: {{do: communicate, channel: sms, agent: notice_{n}, at: due_date - days(3), next: note_told}}
    note_told: {{do: update_field, set: {{state_{n}: asked, tries_{n}: {{expr: tries_{n} + 1}}}}}}
    ask: {{do: communicate, channel: sms, agent: form_{n}}}
    asked: {{when: communication_ended, of: ask, next: how}}
    how:
      switch: communication.status
      cases: {{completed: agreed, no_response: enough, failed: enough}}
      else: leave
    agreed: {{if: 'results.agrees_{n} and not contains(nickname, "x")', match: by_way, else: refuse}}
    by_way: {{switch: results.way_{n}, cases: {{By card: agree, By transfer: agree, In cash: call}}}}
    agree: {{do: update_field, set: {{state_{n}: agreed}}, next: close}}
    refuse: {{do: update_field, set: {{state_{n}: refused}}, next: call}}
    enough: {{if: tries_{n} >= 3, match: call, else: leave}}
    call: {{do: notify, channel: sms, to: "+4930901820", text: "Call {{{{ first_name }}}} about {{{{ amount_due }}}}."}}
    which: {{switch: message.keyword, cases: {{WORD{n}: answer}}, else: close}}
    answer: {{do: reply, text: "{{{{ amount_due | money('EUR') }}}} is due on {{{{ due_date | date }}}}."}}
    leave: {{do: to_another_flow, flow: flow_{after}}}
    close: {{do: finish, outcome: closed {n}}}
"""


def large() -> str:
    """A rule file of `NODES` nodes."""
    numbers = range(FLOWS)
    fields, agents = (("".join(part.format(n=n) for n in numbers)) for part in (FIELDS, AGENTS))
    flows = "".join(FLOW.format(n=n, after=min(n + 1, FLOWS - 1)) for n in numbers)
    return f"{HEAD}{fields}agents:\n{agents}flows:\n{flows}"


def rows(plan: Plan) -> list[Row]:
    text = large()
    _refuse_other(text)
    pairs = alternate(
        lambda: timed(1, lambda: yaml.load(text, yaml.CSafeLoader)),
        lambda: timed(1, lambda: load_rulebook(text, "large.yaml", PROJECT)),
        plan.rounds,
    )
    return [_absolute(pairs), Row("checking", f"{NODES:,} nodes", BASELINE, RATIO, pairs.ratios)]


def _absolute(pairs: Pairs) -> Row:
    samples = [1000 * part.seconds for part in pairs.subject]
    return Row("checking", f"{NODES:,} nodes, ms", "", MILLISECONDS, samples, GOAL)


def _refuse_other(text: str) -> None:
    book = load_rulebook(text, "large.yaml", PROJECT).rulebook
    nodes = sum(len(flow.nodes) for flow in book.flows.values()) if book else 0
    if nodes != NODES:
        raise RuntimeError(f"{nodes} nodes were loaded, {NODES} should be")
