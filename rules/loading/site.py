"""Where one piece of a rule file is built: its place, what it may refer to, and where its mistakes are noted."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from rules.book import Field
from rules.diagnostics import did_you_mean
from rules.expressions import Expression, ExpressionError, compile_expression
from rules.fields import IDENTIFIER_KINDS, FieldError, coerce
from rules.loading.known import Known, NodePiece
from rules.loading.mistakes import Mistakes
from rules.loading.reading import read
from rules.loading.shape import Spec
from rules.loading.words import comma_hint, hint_for, quoted, reason_and_hint
from rules.marks import Path
from rules.templates import Template, TemplateError, compile_template
from rules.values import FIELD_TYPES, Position, Value, ValueType

S = TypeVar("S", bound=Spec)


@dataclass(frozen=True, slots=True)
class Site:
    """A mistake never stops the building: a stand-in takes the place of what is wrong, and as a mistake was noted,
    nobody is ever handed the rulebook. All paths are those below the piece. Where the piece is not ``whole``, what is
    missing from it may be what was wrong with it.
    """

    name: str
    path: Path
    known: Known
    mistakes: Mistakes
    flow: str = ""
    whole: bool = True

    @property
    def position(self) -> Position:
        return self.mistakes.marked.key(self.path).position

    @property
    def node(self) -> dict[str, Any]:
        """What every node is made with."""
        return {"name": self.name, "flow": self.flow, "position": self.position}

    def reject(self, path: Path, code: str, message: str, hint: str = "") -> None:
        """Note a mistake at the value there."""
        self.mistakes.at_value(self.path + path, code, message, hint)

    def read(self, spec: type[S], data: object, *path: str | int) -> S | None:
        """A piece within this one; None where it is misshapen, which is then noted."""
        return read(spec, data, self.path + path, self.mistakes)

    def expression(self, source: str, *path: str | int, wants: tuple[ValueType, ...] = ()) -> Expression:
        """The expression at ``path``, of one of the types wanted (none: of any)."""
        if self.mistakes.is_full:
            return Expression(source, ValueType.ANY)
        try:
            return compile_expression(source, self.known.names_of(self.flow), wants)
        except ExpressionError as error:
            self._note_inside(path, error, source, "E402" if error.only_its_type else "E401")
            return Expression(source, ValueType.ANY)

    def template(self, source: str, *path: str | int) -> Template:
        """The text at ``path``."""
        if self.mistakes.is_full:
            return Template(source)
        try:
            return compile_template(source, self.known.names_of(self.flow))
        except TemplateError as error:
            self._note_inside(path, error, source, "E501")
            return Template(source)

    def optional_template(self, source: str | None, *path: str | int) -> Template | None:
        """The text at ``path``, if there is one."""
        return None if source is None else self.template(source, *path)

    def optional_condition(self, source: str | None, *path: str | int) -> Expression | None:
        """The yes or no at ``path``, if there is one."""
        return None if source is None else self.expression(source, *path, wants=(ValueType.BOOLEAN,))

    def value(self, field: Field, raw: object, *path: str | int) -> Value:
        """A constant of the field's type; a moment may be local (see `rules.local`), here and in `case`."""
        try:
            return coerce(field, raw, self.known.region)
        except FieldError as error:
            reason, hint = reason_and_hint(error)
            self.reject(path, "E109", f'this does not fit the field "{field.name}": {reason}', hint)
            return None

    def case(self, subject: Expression, written: str) -> Value:
        """A value of `cases`, as the expression's value would be; None where it is none."""
        path: Path = ("cases", written)
        if not written.strip():
            hint = 'write the value; for any other value, and for none, there is "else"'
            self.mistakes.at_key(self.path + path, "E109", "a case is blank", hint)
            return None
        if subject.type not in FIELD_TYPES or (subject.type is ValueType.ENUMERATION and not subject.values):
            return written
        kind = Field(name="case", type=subject.type, values=subject.values, position=self.position)
        try:
            return coerce(kind, written, self.known.region)
        except FieldError as error:
            hint = did_you_mean(written, subject.values) or reason_and_hint(error)[1]
            self.mistakes.at_key(self.path + path, "E109", f'"{written}" is no value of {quoted(subject.source)}', hint)
            return None

    def channel(self, name: str, *path: str | int) -> str:
        """The name, noted where the project has no such channel."""
        return self._named(name, path, self.known.channels, "E205", "channel")

    def agent(self, name: str, *path: str | int) -> str:
        """The name, noted where the file has no such agent."""
        return self._named(name, path, self.known.agents, "E204", "agent")

    def field(self, name: str, *path: str | int) -> str:
        """The name, noted where the file declares no such field and there is no such identifier."""
        return self._named(name, path, (*self.known.fields, *IDENTIFIER_KINDS), "E203", "field")

    def declared(self, name: str, *path: str | int) -> str:
        """The name, noted where the file declares no such field; identifiers are none."""
        return self._named(name, path, self.known.fields, "E203", "field")

    def service(self, name: str, *path: str | int) -> str:
        """The name, noted where the settings have no such service."""
        how = "set it up in pointsman.toml: a table [services.NAME] with its url"
        return self._of_settings(name, path, self.known.services, "E214", "service", how)

    def function(self, name: str, *path: str | int) -> str:
        """The name (`module.name`), noted where the settings allow no such function."""
        how = 'allow it in pointsman.toml, in the list "allow" of [actions]'
        return self._of_settings(name, path, self.known.functions, "E215", "function", how)

    def _of_settings(self, name: str, path: Path, known: Collection[str], code: str, what: str, how: str) -> str:
        if name not in known:
            self.reject(path, code, f'there is no {what} "{name}"', did_you_mean(name, known) or how)
        return name

    def field_at_key(self, *path: str) -> Field | None:
        """The field that the key there names; None where nothing is known of it, which is noted."""
        name = path[-1]
        if name not in self.known.fields:
            place = self.path + path
            hint = comma_hint(place, self.mistakes) or hint_for(name, self.known.fields, "fields")
            self.mistakes.at_key(place, "E203", f'there is no field "{name}"', hint)
        return self.known.fields.get(name)

    def flow_named(self, name: str, *path: str | int) -> str:
        """The name, noted where the file has no such flow."""
        return self._named(name, path, self.known.flows, "E202", "flow")

    def communication(self, reference: str, *path: str | int, code: str = "E109") -> str:
        """The full name of the communicate node that a reference (`node`, or `flow.node`) names."""
        flow, dot, name = reference.rpartition(".")
        if dot and self.flow_named(flow, *path) not in self.known.flows:
            return reference
        nodes = self.known.flows[flow if dot else self.flow]
        node = nodes.get(name)
        if node is None:
            self.reject(path, "E201", f'there is no node "{name}"', self._talk_hint(name, nodes))
        elif node.word and node.kind and node.kind != "communicate":
            self._reject_silent(node, path, code)
        return f"{flow or self.flow}.{name}"

    def _talk_hint(self, name: str, nodes: Mapping[str, NodePiece]) -> str:
        """What communicate node may have been meant instead: perhaps one of another flow, by its name alone."""
        flows = self.known.flows.items()
        elsewhere = [flow for flow, of in flows if name in of and of[name].kind == "communicate"]
        if elsewhere:
            return f"write {elsewhere[0]}.{name}"
        return hint_for(name, [n.name for n in nodes.values() if n.kind == "communicate"], "communicate nodes")

    def _reject_silent(self, node: NodePiece, path: Path, code: str) -> None:
        message = f'"{node.name}" begins no communication: it is not a communicate node'
        talks = [n.name for n in self.known.flows[node.flow].values() if n.kind == "communicate"]
        self.reject(path, code, message, hint_for("", talks, "communicate nodes of this flow"))

    def _named(self, name: str, path: Path, known: Collection[str], code: str, what: str) -> str:
        if name not in known:
            self.reject(path, code, f'there is no {what} "{name}"', hint_for(name, known, f"{what}s"))
        return name

    def _note_inside(self, path: Path, error: ExpressionError | TemplateError, source: str, code: str) -> None:
        """Nothing where the source names a result whose own name is wrong: that mistake is told, and comes first."""
        names = "|".join(map(re.escape, self.known.ill_named))
        follows = bool(names) and re.search(rf"\bresults\.(?:\w+\.){{0,2}}(?:{names})", source)
        for one in () if follows else (error, *error.more):
            self.mistakes.inside(self.path + path, (one.offset, one.width), code, one.message, one.hint)
