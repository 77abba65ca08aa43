"""W305: a text that takes more than one segment as SMS, and is paid for more than once.

Measured as `rules.lint.texts.shortest` says, so that what is counted is surely sent to somebody. Texts of agents whose
communications may be on an sms channel, of notify on one, and of replies to messages that may come by one. A form's
opening and its first question are one message, and so are its words of help, or after an answer that does not fit,
and the question; the choices of a question stand below it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rules.actions.notify import Notify
from rules.actions.reply import Reply
from rules.agents.asking import listing_of
from rules.agents.base import Agent
from rules.agents.form import Form
from rules.agents.question import Question
from rules.book import TriggerNode
from rules.facts import Trigger
from rules.lint.ground import Ground
from rules.lint.gsm7 import Segments, segments
from rules.lint.texts import Text, shortest, texts_at, texts_of
from rules.marks import Path

CODE = "W305"
SMS = "sms"
MAX_NAMED = 5
_PLAIN = {
    **dict.fromkeys("\u2018\u2019\u201a\u2032", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
    **dict.fromkeys("\u00a0\u202f\u2009", "a blank"),
    "\u2026": "...",
    "\u2022": "-",
    "\u00e7": "c",
}


@dataclass(frozen=True)
class Message:
    """What is sent at once: a text, the question that goes with it (``asked`` is what to call it), and its choices."""

    texts: tuple[Text, ...]
    listing: str = ""
    asked: str = ""


def check_segments(ground: Ground) -> None:
    """Notes each message that is too long for one segment, at the text that begins it."""
    for message in _messages(ground):
        counted = _counted(ground, message)
        if counted.count > 1:
            sent = f"{_what(message)} takes {counted.count} SMS segments: {_why(counted)}"
            ground.notes.at_value(message.texts[0].path, CODE, sent, _hint(counted))


def _counted(ground: Ground, message: Message) -> Segments:
    lines = [shortest(ground, text.template) for text in message.texts]
    return segments("\n".join([*lines, message.listing] if message.listing else lines))


def _what(message: Message) -> str:
    parts = [part for part in (message.asked, "its choices" if message.listing else "") if part]
    return f"this text with {' and '.join(parts)}" if parts else "this text"


def _messages(ground: Ground) -> Iterator[Message]:
    for agent in spoken_by_sms(ground):
        yield from _said_by(ground, agent)
    notified = (n for n in ground.nodes.values() if isinstance(n, Notify) and ground.kind_of(n.channel) == SMS)
    for node in (*notified, *_replies(ground)):
        yield from (Message((text,)) for text in texts_at(node))


def spoken_by_sms(ground: Ground) -> list[Agent]:
    """The agents whose communications may be on an sms channel."""
    talks = (talk for talk in ground.talks if SMS in map(ground.kind_of, ground.channels_of(talk)))
    return [ground.book.agents[name] for name in dict.fromkeys(talk.agent for talk in talks)]


def _said_by(ground: Ground, agent: Agent) -> Iterator[Message]:
    """The messages of an agent; the sentences that forms have of their own are left out."""
    texts = {text.path[2:]: text for text in texts_of(agent)}
    if not isinstance(agent, Form):
        yield from (Message((text,)) for text in texts.values())
        return
    for number, question in enumerate(agent.questions):
        yield from _asked_by(ground, texts, number, question)
    if closing := texts.get(("closing",)):
        yield Message((closing,))


def _asked_by(ground: Ground, texts: Mapping[Path, Text], number: int, question: Question) -> Iterator[Message]:
    """One question; and with what is said before it is asked again, where it fits into one segment by itself."""
    ask, listing, opening = texts["questions", number, "ask"], listing_of(question), texts.get(("opening",))
    yield Message((opening, ask), listing, "the first question") if opening and not number else Message((ask,), listing)
    before = ("help", "invalid") if question.retries else ("help",)
    again = [texts["questions", number, key] for key in before if ("questions", number, key) in texts]
    if again and _counted(ground, Message((ask,), listing)).count == 1:
        yield from (Message((text, ask), listing, "the question") for text in again)


def _replies(ground: Ground) -> Iterable[Reply]:
    """The replies to messages that may have come by SMS."""
    reached = ground.reached(node.full_name for node in ground.book.triggers if may_hear_sms(ground, node))
    return [node for name, node in ground.nodes.items() if name in reached and isinstance(node, Reply)]


def may_hear_sms(ground: Ground, trigger: TriggerNode) -> bool:
    """Whether a message that came by SMS may fire it."""
    if trigger.when is Trigger.INCOMING_SESSION:
        channels = trigger.narrowing.get("channel", tuple(ground.book.channels))
    elif trigger.when in (Trigger.COMMUNICATION_ENDED, Trigger.COMMUNICATION_UPDATED):
        used = (channel for talk in ground.of(trigger) for channel in ground.channels_of(talk))
        channels = trigger.narrowing.get("channel", tuple(used))
    else:
        channels = ()
    return SMS in map(ground.kind_of, channels)


def _why(counted: Segments) -> str:
    more = f" ({_named(counted.double)} count two)" if counted.double else ""
    if not counted.foreign:
        return f"it has at least {counted.units} characters{more}, and {counted.alone} go into one"
    outside = f"{_named(counted.foreign)} {'are' if len(counted.foreign) > 1 else 'is'} not in the GSM alphabet"
    return f"{outside}, so only {counted.alone} characters go into one, and it has at least {counted.units}"


def _hint(counted: Segments) -> str:
    if counted.foreign:
        plain = [f"{_PLAIN[c]} for {c}" for c in counted.foreign if c in _PLAIN]
        if len(plain) == len(counted.foreign) <= MAX_NAMED:
            return f"write {', '.join(plain)}"
        return "leave these characters out, or shorten the text"
    return f"shorten it by {counted.units - counted.alone} characters"


def _named(characters: tuple[str, ...]) -> str:
    shown = ", ".join(f"U+{ord(c):04X}" if c.isspace() or not c.isprintable() else c for c in characters[:MAX_NAMED])
    return f"{shown}, ..." if len(characters) > MAX_NAMED else shown
