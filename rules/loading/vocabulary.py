"""Every name that expressions and texts of one file may use, with its type.

What these names hold at one moment is read off a scene by `rules.scopes`.
"""

from collections.abc import Iterable, Iterator, Mapping

from rules.book import Field
from rules.diagnostics import did_you_mean
from rules.fields import IDENTIFIER_KINDS
from rules.loading.known import AgentPiece
from rules.loading.mistakes import Mistakes
from rules.names import NameInfo
from rules.statuses import CommunicationStatus
from rules.values import ValueType

_STRING = NameInfo(ValueType.STRING)
_IDENTIFIER_TYPES = {"phone": NameInfo(ValueType.PHONE), "email": NameInfo(ValueType.EMAIL)}
_STATUSES = tuple(status.value for status in CommunicationStatus)
TALK_PROPERTIES: Mapping[str, NameInfo] = {
    "status": NameInfo(ValueType.ENUMERATION, _STATUSES),
    "reason": _STRING,
    "channel": _STRING,
}
_SYSTEM: Mapping[str, NameInfo] = {
    "participant.outcome": _STRING,
    **{f"communication.{name}": info for name, info in TALK_PROPERTIES.items()},
    **{f"communication.{name}": _STRING for name in ("agent", "node", "flow")},
    **{f"message.{name}": _STRING for name in ("text", "keyword", "channel")},
}


def vocabulary(fields: Mapping[str, Field | None], results: Mapping[str, NameInfo]) -> dict[str, NameInfo]:
    """Fields are named bare, as participant's and, those of the customer, as customer's; identifiers as customer's,
    and bare where no field is so named."""
    identifiers = {name: _IDENTIFIER_TYPES.get(name, _STRING) for name in IDENTIFIER_KINDS}
    return {
        **identifiers,
        **{f"customer.{name}": info for name, info in identifiers.items()},
        **_SYSTEM,
        **{name: info for field in fields.items() for name, info in _field_names(*field)},
        **{f"results.{name}": info for name, info in results.items()},
    }


def _field_names(name: str, field: Field | None) -> Iterator[tuple[str, NameInfo]]:
    info = NameInfo(field.type, field.values) if field else NameInfo(ValueType.ANY)
    yield name, info
    yield f"participant.{name}", info
    if field is None or field.level == "customer":
        yield f"customer.{name}", info


def results_of(agents: Iterable[AgentPiece], mistakes: Mistakes) -> dict[str, NameInfo]:
    """The results of all agents of the file; one name has one type everywhere, and is asked for once in an agent."""
    known: dict[str, NameInfo] = {}
    for agent in agents:
        if agent.spec is None or not agent.whole:
            known.update({name: NameInfo(ValueType.ANY) for name in _named_results(agent.data) if name not in known})
            continue
        _add_results(agent, known, mistakes)
    return known


def _add_results(agent: AgentPiece, known: dict[str, NameInfo], mistakes: Mistakes) -> None:
    own: set[str] = set()
    for path, name, info in agent.spec.results() if agent.spec else ():
        place = (*agent.path, *path)
        before = known.setdefault(name, info)
        if name in own:
            mistakes.at_value(place, "E212", f'"{name}" is asked for twice', "give each question a result of its own")
        elif ValueType.ANY not in (before.type, info.type) and before.type is not info.type:
            message = f'"{name}" is {info.type.value} here, but another agent records it as {before.type.value}'
            mistakes.at_value(place, "E212", message, "use another name, or the same type")
        known[name] = _joined(before, info)
        own.add(name)


def _joined(one: NameInfo, other: NameInfo) -> NameInfo:
    if ValueType.ANY in (one.type, other.type):
        return NameInfo(ValueType.ANY)
    return NameInfo(one.type, tuple(dict.fromkeys((*one.values, *other.values))))


def _named_results(data: object) -> Iterator[str]:
    """What a misshapen agent seems to record, so that its mistake does not make every use of it another one."""
    if isinstance(data, dict):
        yield from (data[key] for key in data if isinstance(data[key], str) and _is_result(str(key)))
        yield from (name for name in _mapping(data.get("results")) if isinstance(name, str))
        for value in data.values():
            yield from _named_results(value)
    elif isinstance(data, list):
        for value in data:
            yield from _named_results(value)


def _is_result(key: str) -> bool:
    return key == "result" or bool(did_you_mean(key, ["result"]))


def _mapping(data: object) -> Mapping[object, object]:
    return data if isinstance(data, dict) else {}
