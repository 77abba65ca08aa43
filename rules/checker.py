"""The types of an expression: walks its tree once, refuses what has no meaning, writes the code that runs."""

import ast
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from rules import arithmetic, comparing
from rules.calls import Calls
from rules.diagnostics import did_you_mean
from rules.functions import FUNCTIONS
from rules.grammar import ExpressionError, Source
from rules.names import NameInfo, NameRefused
from rules.operations import NUMBER_LIMIT, PRECISION, Number
from rules.terms import Code, Term
from rules.values import Value, ValueType

_ALLOWED = "names, texts, numbers, lists, comparisons, calculations, and, or, not, and functions"
_LITERAL_NAMES = {"true": True, "false": False}
_UNSET_NAMES = ("null", "none", "None", "undefined", "nil", "unset")


class Checker:
    """Checks one expression against the names that exist; ``used`` are those it names, in order, and what they are."""

    def __init__(self, source: Source, names: Mapping[str, NameInfo]) -> None:
        self.source, self.names = source, names
        self.code = Code()
        self.used: dict[str, NameInfo] = {}
        self._calls = Calls(source, self.code)

    def check(self, node: ast.expr) -> Term:
        """The checked term of a node; raises ExpressionError."""
        match node:
            case ast.Constant():
                return self._constant(node)
            case ast.Name() | ast.Attribute():
                return self._name(node)
            case ast.Compare():
                terms = tuple(map(self.check, (node.left, *node.comparators)))
                return comparing.compare(self.source, self.code, node, terms)
            case ast.BoolOp():
                return self._all_or_any(node)
            case ast.UnaryOp():
                return self._unary(node)
            case ast.BinOp():
                return arithmetic.binary(self.source, self.code, node, self.check(node.left), self.check(node.right))
            case ast.Call():
                return self._call(node)
            case ast.List() | ast.Tuple():
                return self._list(node)
        raise self.source.error(node, "this has no meaning in an expression", f"allowed are {_ALLOWED}")

    def condition(self, term: Term) -> str:
        """The code of a term that stands where yes or no is wanted."""
        if term.type is ValueType.BOOLEAN:
            return term.code
        if term.type is ValueType.ANY:
            return f"({term.code} is True)"
        hint = "compare it with something, or use is_set(...)"
        raise self.source.error(term.node, f"a yes or no is wanted here, but this is {term.words}", hint)

    def _constant(self, node: ast.Constant) -> Term:
        value = node.value
        if isinstance(value, bool):
            return self._literal(node, ValueType.BOOLEAN, value)
        if isinstance(value, str):
            return self._literal(node, ValueType.STRING, value)
        if isinstance(value, int | float):
            return self._number(node)
        hint = "use is_set(...) or not is_set(...)" if value is None else ""
        raise self.source.error(node, f'"{self.source.written(node)}" is not a value that rules know', hint)

    def _number(self, node: ast.Constant) -> Term:
        try:
            whole = isinstance(node.value, int)
            value: Number = int(self.source.written(node), 0) if whole else Decimal(self.source.written(node))
        except (InvalidOperation, ValueError):
            raise self.source.error(node, f'"{self.source.written(node)}" is not a number that rules know') from None
        if not -NUMBER_LIMIT <= value <= NUMBER_LIMIT:
            raise self.source.error(node, f"numbers may be at most {NUMBER_LIMIT}")
        if isinstance(value, Decimal) and value.adjusted() < -PRECISION:
            raise self.source.error(node, f"numbers may begin at most {PRECISION} places behind the point")
        return self._literal(node, ValueType.INTEGER if isinstance(value, int) else ValueType.NUMERIC, value)

    def _literal(self, node: ast.expr, type_: ValueType, value: Value) -> Term:
        values = (value,) if isinstance(value, str) else ()
        code = self.code.constant(value)
        return Term(node=node, type=type_, code=code, sure=True, values=values, literal=True, constant=value)

    def _name(self, node: ast.Name | ast.Attribute) -> Term:
        name = self._dotted(node)
        try:
            info = self.names[name]
        except NameRefused as refused:
            raise self.source.error(node, refused.message, refused.hint) from None
        except KeyError:
            return self._other_name(node, name)
        self.used[name] = info
        return Term(node=node, type=info.type, code=f"g({self.code.constant(name)})", values=info.values)

    def _other_name(self, node: ast.expr, name: str) -> Term:
        if name in _LITERAL_NAMES:
            return self._literal(node, ValueType.BOOLEAN, _LITERAL_NAMES[name])
        hint = did_you_mean(name, self.names) or self._last_part(name)
        if name in _UNSET_NAMES:
            hint = "use is_set(...) or not is_set(...)"
        elif name in FUNCTIONS:
            hint = f"write {FUNCTIONS[name].usage}"
        raise self.source.error(node, f'unknown name "{name[:60]}"', hint or 'a text needs quotes: "like this"')

    def _last_part(self, name: str) -> str:
        """A name whose last part was meant: `participant.due_dat`, or a plain name that exists under a prefix."""
        ends = {known.rpartition(".")[2]: known for known in self.names}
        meant = ends.get(name.rpartition(".")[2])
        return f'did you mean "{meant}"?' if meant else ""

    def _dotted(self, node: ast.expr) -> str:
        parts: list[str] = []
        here = node
        while isinstance(here, ast.Attribute):
            parts.append(here.attr)
            here = here.value
        if not isinstance(here, ast.Name):
            raise self.source.error(node, "a dot may stand only inside a name")
        return ".".join((here.id, *reversed(parts)))

    def _all_or_any(self, node: ast.BoolOp) -> Term:
        word = " and " if isinstance(node.op, ast.And) else " or "
        sides, errors = [], []
        for value in node.values:
            try:
                term = self.check(value)
                sides.append((term, self.condition(term)))
            except ExpressionError as error:
                errors += [error, *error.more]
        if errors:
            errors[0].more = tuple(errors[1:])
            raise errors[0]
        code = f"({word.join(code for _, code in sides)})"
        return Term(node=node, type=ValueType.BOOLEAN, code=code, sure=all(term.sure for term, _ in sides))

    def _unary(self, node: ast.UnaryOp) -> Term:
        term = self.check(node.operand)
        if isinstance(node.op, ast.Not):
            return Term(node=node, type=ValueType.BOOLEAN, code=f"(not {self.condition(term)})", sure=True)
        if not isinstance(node.op, ast.USub):
            raise self.source.error(node, "this sign has no meaning in an expression")
        if isinstance(term.constant, int | Decimal) and term.type is not ValueType.BOOLEAN:
            return self._literal(node, term.type, -term.constant)
        return arithmetic.minus(self.source, node, term)

    def _call(self, node: ast.Call) -> Term:
        if not isinstance(node.func, ast.Name):
            raise self.source.error(node.func, "only the functions of rules can be called", self._calls.hint(""))
        function = self._calls.function(node, node.func)
        return self._calls.call(node, function, tuple(map(self.check, node.args)))

    def _list(self, node: ast.List | ast.Tuple) -> Term:
        items = tuple(map(self.check, node.elts))
        for item in items:
            if not item.literal or item.type is ValueType.LIST:
                message = "a list may hold only written-out texts, numbers and yes or no"
                raise self.source.error(
                    item.node, message, self.source.comma_hint(node) if isinstance(node, ast.Tuple) else ""
                )
        value = tuple(item.constant for item in items)
        code = self.code.constant(value)
        return Term(node=node, type=ValueType.LIST, code=code, sure=True, literal=True, constant=value, items=items)
