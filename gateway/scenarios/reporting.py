"""Stories that were played, as programs read them: JSON, and JUnit's XML."""

import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

from gateway.coverage import FlowCoverage
from gateway.scenarios.doing import Missed
from gateway.scenarios.playing import Played, Told
from gateway.scenarios.telling import local, missed_lines, story_lines
from gateway.simulation import Line

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # https://www.w3.org/TR/xml/#charsets


def as_json(stories: Sequence[Told], flows: Sequence[FlowCoverage]) -> dict[str, Any]:
    """All of it as a JSON object: each story with its steps and what was said, and the coverage of each flow."""
    return {
        "passed": not any(told.missed for told in stories),
        "stories": [_story(told) for told in stories],
        "coverage": [_flow(flow) for flow in flows],
    }


def _story(told: Told) -> dict[str, Any]:
    return {
        "file": told.scenario.file,
        "story": told.story.name,
        "passed": not told.missed,
        "expectations": told.expected,
        "seconds": round(told.seconds, 3),
        "steps": [_step(told, played) for played in told.steps],
        "end": [_missed(missed) for missed in told.ends],
    }


def _step(told: Told, played: Played) -> dict[str, Any]:
    return {
        "line": played.step.position.line,
        "step": played.step.text,
        "at": local(played.at, told.scenario.zone),
        "said": [_line(told, line) for line in played.lines],
        "missed": _missed(played.missed) if played.missed else None,
        "remark": played.remark,
    }


def _line(told: Told, line: Line) -> dict[str, Any]:
    return {
        "at": local(line.at, told.scenario.zone),
        "place": line.place,
        "by": line.by,
        "channel": line.channel,
        "text": line.text,
        "choices": list(line.choices),
        "arrives": line.arrives,
    }


def _missed(missed: Missed) -> dict[str, Any]:
    return {"line": missed.position.line, "what": missed.what, "expected": missed.wanted, "was": missed.was}


def _flow(flow: FlowCoverage) -> dict[str, Any]:
    uncovered = [
        {
            "file": placed.position.file,
            "line": placed.position.line,
            "node": placed.way.node,
            "edge": placed.way.edge,
            "target": placed.way.target,
        }
        for placed in flow.uncovered
    ]
    return {
        "campaign": flow.campaign,
        "flow": flow.flow,
        "walked": flow.passed,
        "ways": flow.total,
        "uncovered": uncovered,
    }


def as_junit(stories: Sequence[Told]) -> bytes:
    """A test suite for each file with a test case for each story, whose output is the talk."""
    root = ElementTree.Element("testsuites", _counts(stories))
    for file in dict.fromkeys(told.scenario.file for told in stories):
        own = [told for told in stories if told.scenario.file == file]
        suite = ElementTree.SubElement(root, "testsuite", {"name": clean(file), **_counts(own)})
        for told in own:
            _case(suite, told)
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def _counts(stories: Sequence[Told]) -> dict[str, str]:
    failed, seconds = sum(bool(told.missed) for told in stories), sum(told.seconds for told in stories)
    return {"tests": str(len(stories)), "failures": str(failed), "errors": "0", "time": f"{seconds:.3f}"}


def _case(suite: ElementTree.Element, told: Told) -> None:
    name, file = clean(told.story.name or told.scenario.file), clean(told.scenario.file)
    case = ElementTree.SubElement(suite, "testcase", {"name": name, "classname": file, "time": f"{told.seconds:.3f}"})
    if told.missed:
        first = told.missed[0]
        failure = ElementTree.SubElement(case, "failure", {"message": clean(f"{first.position}: {first.what}")})
        failure.text = clean("\n".join(line for missed in told.missed for line in missed_lines(missed)))
    ElementTree.SubElement(case, "system-out").text = clean("\n".join(story_lines(told)))


def clean(text: str) -> str:
    """The text without what XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)
