"""A campaign and a scenario of it, for the tests."""

from pathlib import Path

from gateway.scenarios.playing import Told, play
from gateway.scenarios.reading import ReadFile, read_scenario
from gateway.scenarios.values import Scenario, Surroundings
from rules.loader import report

VISIT = """\
campaign: visit
fields:
  name: {type: string, level: customer}
  comes: {type: boolean}
agents:
  clerk:
    kind: form
    questions: [{result: comes, ask: "Will you come?", type: boolean}]
    closing: "Noted."
flows:
  invite:
    joined: {when: participant_created, next: ask}
    ask: {do: communicate, channel: sms, agent: clerk}
    answered: {when: communication_ended, status: completed, next: comes_then}
    comes_then:
      if: results.comes
      match: note
    note: {do: update_field, set: {comes: true}}
"""
HEAD = 'rules: visit.yaml\npeople: {Ada: "+4915112345601", Ben: "+4915112345602"}\n'
FINE = (
    HEAD
    + """\
story:
  - the campaign visit starts
  - Ada is given to visit: {name: Ada}
  - Ada hears: Will you come?
  - Ada says: "yes"
  - Ada hears: Noted.
  - Ada now has in visit: {comes: true, ask: completed}
"""
)


def scenario_of(path: Path) -> Scenario:
    """The scenario of a file without mistakes."""
    found = read_scenario(str(path), path.read_bytes(), Surroundings())
    assert found.scenario is not None, report(found.found, found.texts)
    return found.scenario


def read(folder: Path, text: str, around: Surroundings | None = None) -> ReadFile:
    """The scenario of this text in a folder, beside the rule file that it plays."""
    (folder / "visit.yaml").write_text(VISIT)
    (folder / "scenario.yaml").write_text(text)
    return read_scenario(str(folder / "scenario.yaml"), text.encode(), around or Surroundings())


async def played(folder: Path, text: str) -> Told:
    """The only story of a scenario, played."""
    found = read(folder, text)
    assert found.scenario is not None, report(found.found, found.texts)
    return await play(found.scenario, found.scenario.stories[0], Surroundings())
