"""What a node says of itself in a picture, in a few words."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from gateway.drawing.picture import Shape
from rules.actions.asking import Asking
from rules.actions.cancel_communications import CancelCommunications
from rules.actions.communicate import Communicate
from rules.actions.finish import Finish
from rules.actions.notify import Notify
from rules.actions.reply import Reply
from rules.actions.stop_contact import StopContact
from rules.actions.to_another_flow import ToAnotherFlow
from rules.actions.update_field import UpdateField
from rules.actions.wait import Wait
from rules.book import IfNode, Node, SwitchNode, TriggerNode
from rules.conduct import Contacting
from rules.expressions import Expression
from rules.fields import to_json
from rules.operations import as_written
from rules.values import Value

N = TypeVar("N", bound=Node)
Lines = Iterator[str]

SHAPES: tuple[tuple[type[Node] | tuple[type[Node], ...], Shape], ...] = (
    (TriggerNode, Shape.TRIGGER),
    ((IfNode, SwitchNode), Shape.CONDITION),
    (Contacting, Shape.TALK),
    ((Wait, Asking), Shape.WAIT),
    (ToAnotherFlow, Shape.JUMP),
    (Finish, Shape.FINISH),
)


def shape_of(node: Node) -> Shape:
    """How its kind is drawn."""
    return next((shape for kinds, shape in SHAPES if isinstance(node, kinds)), Shape.ACTION)


def said_by(node: Node) -> tuple[str, ...]:
    """What stands under its name: its kind, and what it is about; each on one line, however it is written."""
    say = next((say for kind, say in SAYINGS if isinstance(node, kind)), None)
    lines = say(node) if say else iter(())
    return tuple(" ".join(line.split()) for line in lines if line)


def near(node: Node, full_name: str) -> str:
    """The other node's name as a node of this flow calls it."""
    return full_name.removeprefix(f"{node.flow}.")


def _trigger(node: TriggerNode) -> Lines:
    yield str(node.when).replace("_", " ")
    for name, wanted in node.narrowing.items():
        yield f"{name}: {', '.join(near(node, one) for one in wanted)}"


def _if(node: IfNode) -> Lines:
    joint = {"all": "and ", "any": "or ", "none": "nor "}[node.how]
    before = "not " if node.how == "none" else ""
    for number, line in enumerate(node.lines):
        yield f"{joint if number else before}{line.source}"


def _switch(node: SwitchNode) -> Lines:
    yield node.subject.source


def _communicate(node: Communicate) -> Lines:
    channels = ", then ".join((node.channel, *node.conduct.fallback))
    yield f"{node.agent} by {channels}"
    if node.at is not None:
        yield f"at {node.at.source}"


def _cancel(node: CancelCommunications) -> Lines:
    yield f"cancel {', '.join(near(node, one) for one in node.of) or 'all communications'}"


def _update(node: UpdateField) -> Lines:
    for name, wanted in node.set:
        yield f"{name} = {_written(wanted)}"


def _jump(node: ToAnotherFlow) -> Lines:
    yield f"to flow {node.target}"
    for name, given in node.given.values:
        yield f"{name}: {_written(given)}"


def _wait(node: Wait) -> Lines:
    if node.until is not None:
        yield f"until {node.until.source}"
    elif node.length is not None:
        yield f"for {as_written(node.length)}"


def _notify(node: Notify) -> Lines:
    yield f"notify {node.to} by {node.channel}"


def _reply(node: Reply) -> Lines:
    yield f'reply "{node.text.source}"'


def _ask(node: Asking) -> Lines:
    yield f"ask {node.target}"
    if node.sets:
        yield f"sets {', '.join(node.sets)}"


def _stop(node: StopContact) -> Lines:
    yield f"stop contact by {', '.join(node.channels)}"


def _finish(node: Finish) -> Lines:
    yield node.outcome


def _written(value: Value | Expression) -> str:
    if isinstance(value, Expression):
        return value.source
    plain = to_json(value)
    if isinstance(plain, bool):
        return str(plain).lower()
    return "unset" if plain is None else str(plain)


def _saying(kind: type[N], say: Callable[[N], Lines]) -> tuple[type[Node], Callable[[Any], Lines]]:
    return kind, say


SAYINGS: tuple[tuple[type[Node], Callable[[Any], Lines]], ...] = (
    _saying(TriggerNode, _trigger),
    _saying(IfNode, _if),
    _saying(SwitchNode, _switch),
    _saying(Communicate, _communicate),
    _saying(CancelCommunications, _cancel),
    _saying(UpdateField, _update),
    _saying(ToAnotherFlow, _jump),
    _saying(Wait, _wait),
    _saying(Notify, _notify),
    _saying(Reply, _reply),
    _saying(Asking, _ask),
    _saying(StopContact, _stop),
    _saying(Finish, _finish),
)
