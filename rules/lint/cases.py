"""W302: a `switch` without `else` that leaves out values of an enumeration, or yes or no.

`else:` with nothing behind it says that nothing is to happen for other values, and is no omission. For
`communication.status` only those statuses count that are possible where the node stands; where that is not known,
nothing is said.
"""

from rules.book import SwitchNode
from rules.lint.ground import Ground, path_of
from rules.lint.statuses import ANYTHING, NAME, statuses_at
from rules.values import Value, ValueType

CODE = "W302"
MAX_LISTED = 10
_YES_OR_NO = ("true", "false")


def check_cases(ground: Ground) -> None:
    """Notes the values that a `switch` does not speak of."""
    statuses = statuses_at(ground)
    for name, node in ground.nodes.items():
        if isinstance(node, SwitchNode) and path_of(node, "else") not in ground.notes.marked.keys:
            here = statuses.get(name, ANYTHING)
            missing = [
                value for value in _values(node, here) if value not in {_written(case) for case, _ in node.cases}
            ]
            if missing:
                _note(ground, node, missing)


def _values(node: SwitchNode, here: frozenset[str]) -> tuple[str, ...]:
    if node.subject.source.strip() == NAME:
        return () if here == ANYTHING else tuple(v for v in node.subject.values if v in here)
    if node.subject.type is ValueType.BOOLEAN:
        return _YES_OR_NO
    named = node.subject.source.strip().startswith("communication.")  # of a talk that may stand anywhere
    return node.subject.values if node.subject.type is ValueType.ENUMERATION and not named else ()


def _written(case: Value) -> Value:
    return str(case).lower() if isinstance(case, bool) else case


def _note(ground: Ground, node: SwitchNode, missing: list[str]) -> None:
    more = f" and {len(missing) - MAX_LISTED} more" if len(missing) > MAX_LISTED else ""
    message = f"no case for {', '.join(missing[:MAX_LISTED])}{more}"
    hint = 'add a case for each, or "else:" (with nothing behind it where nothing is to happen)'
    ground.notes.at_value(path_of(node, "switch"), CODE, message, hint)
