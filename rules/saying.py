"""Single messages, outside of any communication."""

from rules.effects import SendMessage
from rules.templates import RenderFailed, Template
from rules.turn import Turn


def say(turn: Turn, text: Template, channel: str, to: str, thread: str = "") -> str:
    """Owe one message; what became of it, for the log: it is not sent where it is blank, unwanted or too long, and the
    last is kept as a message that failed."""
    if (channel, to) in turn.scene.opted_out:
        return "not sent: opted out"
    try:
        words = turn.render(text)
    except RenderFailed as problem:
        turn.put(SendMessage(turn.new_id(), channel, to, "", thread, refused=str(problem)))
        return f"not sent: {problem}"
    return "sent" if turn.send(channel, to, words, thread=thread) else "not sent: the text is blank"
