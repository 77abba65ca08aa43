"""W309: an agent that no communicate node uses."""

from rules.lint.ground import Ground

CODE = "W309"


def check_unused(ground: Ground) -> None:
    """Notes each agent that never speaks."""
    used = {talk.agent for talk in ground.talks}
    for name in ground.book.agents:
        if name not in used:
            message, hint = f'the agent "{name}" is never used', "name it in a communicate node, or remove it"
            ground.notes.at_key(("agents", name), CODE, message, hint)
