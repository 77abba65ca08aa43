"""The steps that a story may have: their forms, what they take, and what they mean.

In a form, words in capitals are places for a name or a value, and ``(A|B)`` is a choice.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Takes = Literal["nothing", "text", "texts", "fields", "calls", "fault", "code", "rules"]

PLACES = {
    "PERSON": r"[^\W\d]\w*",
    "WHO": r"[^\W\d][\w-]*",
    "ROOM": r"[\w-]+",
    "CAMPAIGN": r"\w+",
    "SERVICE": r"[\w-]+",
    "FUNCTION": r"[\w.]+",
    "CHANNEL": r"[\w-]+",
    "FILE": r"[\w.-]+",
    "SPAN": r"\d+ ?[smhdw](?: ?\d+ ?[smhdw])*",
    "MOMENT": r"\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?",
}

PERSON = re.compile(PLACES["PERSON"])
CODE = re.compile("[0-9]{1,9}")  # a provider's, of an error

TAKEN: Mapping[Takes, str] = {
    "nothing": "nothing",
    "text": "a text",
    "texts": "a text, or a list of them",
    "fields": "`{name: value}`",
    "calls": "a list of parts of requests",
    "fault": "[a fault](#what-providers-do-wrong)",
    "code": "a code, or nothing",
    "rules": "a text",
}


@dataclass(frozen=True)
class Form:
    """One form of a step, what it takes after its colon, and what it means."""

    text: str
    takes: Takes
    means: str

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The form as a regular expression whose groups are the places; that of the choice is called CHOICE."""
        return re.compile(_PLACE.sub(_group, self.text))


_PLACE = re.compile(rf"\((?P<choice>[^)]+)\)|\b(?P<place>{'|'.join(PLACES)})\b")


def _group(found: re.Match[str]) -> str:
    place = found["place"]
    return f"(?P<{place}>{PLACES[place]})" if place else f"(?P<CHOICE>{found['choice']})"


FORMS = (
    Form("the campaign CAMPAIGN starts", "nothing", "it runs from now on, as with `pointsman campaign start`"),
    Form("the campaign CAMPAIGN is stopped", "nothing", "its triggers fire no more, what it planned stands still"),
    Form(
        "PERSON is given to CAMPAIGN",
        "fields",
        "your system adds them as a participant, or changes their fields; `null` clears one",
    ),
    Form("PERSON says", "text", "they write to us: by SMS where they have a phone, else on Slack"),
    Form("PERSON says (by SMS|on Slack)", "text", "they write to us there"),
    Form("PERSON presses", "text", "they press the button with this label, below the last message that has buttons"),
    Form("PERSON mentions us in ROOM", "text", "they write in a Slack channel and name the app"),
    Form("PERSON says in ROOM", "text", "they write in a Slack channel"),
    Form("PERSON says in the thread in ROOM", "text", "they write below what somebody wrote there last"),
    Form("WHO hears", "texts", "this, and nothing else, is new to them (or in this Slack channel) since the last time"),
    Form("WHO hears (by SMS|on Slack)", "texts", "the same of what reached them there"),
    Form("WHO hears nothing", "nothing", "nothing is new to them"),
    Form("SPAN later", "nothing", "so much time passes: `90s`, `5m`, `2h 30m`, `1d`, `2w`"),
    Form("it is MOMENT", "nothing", "time passes until then, by the story's `clock`"),
    Form(
        "PERSON now has in CAMPAIGN",
        "fields",
        "fields, the status of the last communication of a node, `waits at` (nodes) and `outcome` are so",
    ),
    Form("PERSON is nobody in CAMPAIGN", "nothing", "they are no participant"),
    Form(
        "the message to PERSON is (sent|delivered|read|undelivered|failed)",
        "code",
        "the provider says so of the last one; after the colon, its error code",
    ),
    Form(
        "SMS to PERSON are (sent|delivered|undelivered|failed) from now on",
        "code",
        "how messages to them end; one that fails is not heard",
    ),
    Form("the provider of CHANNEL misbehaves", "fault", "with the next requests, as the sandbox does when told to"),
    Form("the provider of CHANNEL shuffles and repeats its callbacks", "nothing", "from now on"),
    Form("the provider of CHANNEL behaves again", "nothing", "faults and endings told before are over"),
    Form("the service SERVICE was asked", "calls", "its new calls, in order, each with a part of it that is told"),
    Form("the function FUNCTION was asked", "calls", "the same of a function whose answers the file tells"),
    Form("rule file FILE becomes", "rules", "the operator saves another text: `FILE` is its name, or its number"),
    Form("the gateway restarts", "nothing", "its process ends, and another one goes on"),
)


def form_of(text: str) -> tuple[Form, dict[str, str]] | None:
    """The form that a step has, and the words at its places; None where it has none."""
    for form in FORMS:
        if found := form.pattern.fullmatch(text):
            return form, {name: word for name, word in found.groupdict().items() if word}
    return None
