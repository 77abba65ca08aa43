"""What a service answers in a talk: what it says, what it records, and whether the talk is over.

Nothing in an answer is trusted to be well-formed or small. What cannot be used is noted and left out; the rest counts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rules.agents.base import Say
from rules.book import Field
from rules.calling import MAX_FAULTS, shortened, value_of
from rules.fields import FieldError
from rules.names import Scope
from rules.readers import written
from rules.templates import MAX_RENDERED
from rules.texts import without_controls
from rules.values import Value, Values

MAX_SAID = 10  # messages of one answer
MAX_OFFERED = 25  # choices of one answer, as of a question of a form
MAX_CHOICE = 75  # characters; Slack refuses longer labels of buttons (block kit, button element)


@dataclass(frozen=True, slots=True)
class Reply:
    """A read answer. ``faults`` say what was left out of it, or cut."""

    says: tuple[Say, ...] = ()
    results: Values = field(default_factory=dict)
    end: bool = False
    faults: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """The faults in one line, "" where there are none."""
        more = f"; and {len(self.faults) - MAX_FAULTS} more" if len(self.faults) > MAX_FAULTS else ""
        return shortened("; ".join(self.faults[:MAX_FAULTS])) + more


def read_reply(answer: Mapping[str, object], results: Mapping[str, Field], scope: Scope) -> Reply:
    """Reads any JSON object; ``results`` are those that may be recorded, as fields. Never raises."""
    faults: list[str] = []
    texts = _texts(answer.get("text"), faults.append)
    choices = _choices(answer.get("choices"), faults.append)
    if choices and not texts:
        faults.append('"choices" without a "text" were left out')
    says = (*(Say(text) for text in texts[:-1]), *(Say(text, choices, "\n".join(choices)) for text in texts[-1:]))
    recorded = _results(answer.get("results"), results, scope, faults.append)
    return Reply(says, recorded, _end(answer.get("end"), faults.append), tuple(dict.fromkeys(faults)))


Note = Callable[[str], None]


def _texts(raw: object, note: Note) -> list[str]:
    listed = raw if isinstance(raw, list) else [] if raw is None else [raw]
    if len(listed) > MAX_SAID:
        note(f'"text" has {len(listed)} entries; the first {MAX_SAID} were said')
    return [said for text in listed[:MAX_SAID] if (said := _text(text, note))]


def _text(raw: object, note: Note) -> str:
    if not isinstance(raw, str):
        note('"text" must be a text or a list of texts')
        return ""
    text = without_controls(raw)
    if len(text) > MAX_RENDERED:
        note(f'"text" has {len(text)} characters; it was cut to {MAX_RENDERED}')
    return shortened(text, MAX_RENDERED)


def _choices(raw: object, note: Note) -> tuple[str, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, list):
        note('"choices" must be a list of texts')
        return ()
    fitting = [choice for entry in raw if (choice := _choice(entry))]
    if len(fitting) < len(raw):
        note(f'an entry of "choices" is no text of 1 to {MAX_CHOICE} characters')
    choices = tuple(dict.fromkeys(fitting))
    if len(choices) > MAX_OFFERED:
        note(f'"choices" has {len(choices)} entries; the first {MAX_OFFERED} were offered')
    return choices[:MAX_OFFERED]


def _choice(raw: object) -> str:
    """One label, on one line; "" where it cannot be one."""
    label = " ".join(without_controls(raw).split()) if isinstance(raw, str) else ""
    return label if len(label) <= MAX_CHOICE else ""


def _results(raw: object, declared: Mapping[str, Field], scope: Scope, note: Note) -> dict[str, Value]:
    if raw is not None and not isinstance(raw, Mapping):
        note('"results" must be an object: names of results with their values')
    results: dict[str, Value] = {}
    for name, given in raw.items() if isinstance(raw, Mapping) else ():
        if name not in declared:
            note(f"there is no result {written(name)}")
            continue
        try:
            results[name] = value_of(declared[name], given, scope.region, scope.zone)
        except FieldError as error:
            note(f"{name}: {error}")
    return results


def _end(raw: object, note: Note) -> bool:
    if raw is not None and not isinstance(raw, bool):
        note('"end" must be true or false')
    return raw is True
