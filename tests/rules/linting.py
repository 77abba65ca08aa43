"""Small rule files, and the warnings about them."""

from rules.diagnostics import Diagnostic
from rules.loader import load_rulebook
from tests.rules.rulebooks import PROJECT

HEAD = """\
campaign: trial
fields:
  stage:  {type: enumeration, values: [new, asked, done], default: new}
  amount: {type: numeric, required: true}
  visits: {type: integer, default: 0}
  member: {type: boolean, default: false}
  due:    {type: date}
  name:   {type: string}
agents:
  hello: {kind: notice, text: Hello}
  asks:  {kind: form, questions: [{result: day, ask: Which day?, type: enumeration, values: [Monday, Friday]}]}
flows:
"""
USE = """
  both:
    begin: {when: participant_created, source: enroll, next: use_hello}
    use_hello: {do: communicate, channel: sms, agent: hello, at: now() + days(1), next: use_asks}
    use_asks: {do: communicate, channel: slack, agent: asks, at: now() + days(1)}
"""


def warnings(text: str) -> tuple[Diagnostic, ...]:
    """What is warned of in a whole file; a mistake in it fails the test."""
    loaded = load_rulebook(text, "trial.yaml", PROJECT)
    assert loaded.rulebook is not None, [str(found) for found in loaded.diagnostics]
    return loaded.diagnostics


def codes(flows: str, head: str = HEAD, use: str = USE) -> list[str]:
    """The codes of the warnings about flows of `HEAD`, in which both agents are used."""
    return [found.code for found in warnings(head + flows.strip("\n") + "\n" + use)]


def node(body: str, trigger: str = "{when: incoming_session, next: it}") -> list[str]:
    """The codes of the warnings about one node that a trigger leads to, with an end behind it."""
    return codes(f"  main:\n    begins: {trigger}\n    it: {body}\n    end: {{do: finish}}\n")
