"""The outer shape of an expression: source text to a Python syntax tree, with limits and hints. Meaning is not here."""

import ast
import re

MAX_CHARACTERS = 500
MAX_DEPTH = 25
MAX_NODES = 200

_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_QUOTED_OR_OPEN = re.compile(r"\"[^\"]*\"|'[^']*'|[\"']")
_TIME_OF_DAY = re.compile(r"(?<![\d:\"'])\d{1,2}:\d{2}(?![\d:\"'])")
_COMMA = re.compile(r"(?<![\w.])(\d+),(\d+)(?![\w.(])")
_CALENDAR_DAY = re.compile(r"(?<![\d\"'-])\d{4}-\d{2}-\d{2}(?![\"'])")
_UNBALANCED = "every ( needs its ); within { } a comma ends the value: put quotes around the whole expression"
_HOW_TIME = "a time of day is written datetime(2027, 3, 31, 9, 0), or today() + hours(9)"
_FOREIGN = (
    (re.compile(r"(?<![=!<>:])=(?!=)"), 'use "==" to compare'),
    (re.compile(r"==="), 'use "==" to compare'),
    (re.compile(r"&&|&"), 'write "and"'),
    (re.compile(r"\|\||\|"), 'write "or"'),
    (re.compile(r"!(?!=)"), 'write "not"'),
    (re.compile(r"<>"), 'use "!=" for "is not equal"'),
    (re.compile("[\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019]"), "use straight quotes, \"like this\" or 'like this'"),
    (re.compile(r"\{\{|\}\}|\{%|%\}"), "an expression stands without braces, which are for texts: leave them out"),
    (re.compile(r"#"), "remove the comment, or move it to a line of its own outside the expression"),
    (re.compile(r"\\"), "a backslash may stand only inside quotes"),
    (re.compile(r"\*\*"), "powers are not allowed"),
    (re.compile(r"(?<![\w.])[rRbBfFuU]{1,2}(?=[\"'])"), "remove the letter before the quotes"),
    (_CALENDAR_DAY, "a day is written date(2027, 3, 31)"),
    (
        re.compile(r"(?<![\w.])[0-9]+[mhdw](?!\w)"),
        "a length of time is written minutes(30), hours(4), days(2), weeks(1)",
    ),
    (re.compile(r"(?<![\w.])is\s+(?:not\s+)?set(?!\w)"), "write is_set(...) or is_not_set(...)"),
    (
        re.compile(r"(?<=[\w)\"'] )(?:not )?contains(?= )"),
        'write contains(name, "part"), perhaps with "not" before it',
    ),
    (re.compile(r"(?<=[\w)\"'] )starts?[ _]with(?= )"), 'write starts_with(name, "part")'),
    (re.compile(r"(?<=[\w)\"'] )ends?[ _]with(?= )"), 'write ends_with(name, "part")'),
    (re.compile(r"(?<=[\w)\"'] )(?:not )?(?:like|matches)(?= )"), 'write matches(name, "pattern")'),
    (re.compile(r"(?<=[\w)\"'] )(?:not )?between(?= )"), "write between(name, low, high)"),
    (re.compile(r"(?<=[\w)\"'] )(?:is )?(?:before|after)(?= )"), "write before(one, other) or after(one, other)"),
    (re.compile("[\u2264\u2265\u2260]"), 'write "<=", ">=" or "!="'),
    (re.compile(r"(?<!\w)[0-9][\w.]*?(?:and|or|not|in|is|if|else|for)"), "put a blank behind the number"),
    (re.compile(r"\"\s*\"\s*\""), 'put a comma, "and" or "or" between two texts, and one quote on each side of a text'),
)


class ExpressionError(Exception):
    """An expression is wrong. ``offset`` (from 0) and ``width`` count characters of the expression's source; ``more``
    is what else is wrong with it; ``only_its_type``: it is sound, but not of a type that its place takes."""

    def __init__(self, message: str, offset: int = 0, width: int = 1, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.offset, self.width, self.hint = message, offset, width, hint
        self.more: tuple[ExpressionError, ...] = ()
        self.only_its_type = False


class Source:
    """An expression's text and its syntax tree, ``tree``; knows where each node of the tree stands.

    Every backslash is doubled before Python reads the text, so that one in a text literal means itself (patterns need
    that); line breaks become blanks, so that an expression may go over several lines.
    """

    def __init__(self, text: str) -> None:
        """Raises ExpressionError."""
        self.text = text
        self._refuse_length()
        self._refuse_foreign()
        self._indent = len(text) - len(text.lstrip())
        self._python = re.sub(r"\s", " ", text.strip()).replace("\\", "\\\\")
        self.tree = self._parse()
        self._refuse_size()

    def error(self, node: ast.expr, message: str, hint: str = "") -> ExpressionError:
        """The error that ``message`` tells, at the node."""
        start = self._offset(node.col_offset)
        end = self._offset(node.end_col_offset or node.col_offset + 1)
        return ExpressionError(message, start, max(1, end - start), hint)

    def written(self, node: ast.expr) -> str:
        """The node as it stands in the source."""
        return self.text[self._offset(node.col_offset) : self._offset(node.end_col_offset or 0)]

    def comma_hint(self, node: ast.expr) -> str:
        """How to write the number in which a comma stands, if there is one at the node."""
        found = _COMMA.search(self.written(node))
        return f"write {found[1]}.{found[2]}: a number has a point" if found else ""

    def _offset(self, byte: int) -> int:
        before = self._python.encode()[:byte].decode("utf-8", "ignore")
        return self._indent + len(before) - before.count("\\") // 2

    def _refuse_length(self) -> None:
        if len(self.text) > MAX_CHARACTERS:
            message = f"the expression has {len(self.text)} characters; at most {MAX_CHARACTERS} are allowed"
            raise ExpressionError(message, MAX_CHARACTERS, 1, "split it into several conditions")
        if not self.text.strip():
            raise ExpressionError("the expression is empty")

    def _refuse_foreign(self) -> None:
        bare = _QUOTED.sub(lambda quoted: '"' + " " * (len(quoted.group()) - 2) + '"', self.text)
        for pattern, hint in _FOREIGN:
            if found := pattern.search(bare):
                written = self.text[found.start() : found.end()]
                raise ExpressionError(f'"{written}" has no meaning here', found.start(), len(written), hint)

    def _parse(self) -> ast.expr:
        try:
            return ast.parse(self._python, mode="eval").body
        except SyntaxError as error:
            offset = self._offset(len(self._python[: max(0, (error.offset or 1) - 1)].encode()))
            raise ExpressionError(*_explained(self.text, min(offset, len(self.text) - 1))) from None
        except (ValueError, RecursionError, MemoryError):
            raise ExpressionError("cannot be read as an expression") from None

    def _refuse_size(self) -> None:
        level, nodes, depth = [self.tree], 0, 0
        while level:
            nodes, depth = nodes + len(level), depth + 1
            level = [child for node in level for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        if nodes > MAX_NODES:
            raise ExpressionError(f"the expression has {nodes} parts; at most {MAX_NODES} are allowed")
        if depth > MAX_DEPTH:
            raise ExpressionError(f"the expression is nested {depth} deep; at most {MAX_DEPTH} is allowed")


def _explained(text: str, offset: int) -> tuple[str, int, int, str]:
    if opened := next((found for found in _QUOTED_OR_OPEN.finditer(text) if len(found.group()) == 1), None):
        return "this quote is not closed", opened.start(), 1, "close it where the text ends"
    if found := _TIME_OF_DAY.search(text):
        return "cannot be read as an expression", found.start(), len(found.group()), _HOW_TIME
    if text.count("(") != text.count(")"):
        return "cannot be read as an expression", offset, 1, _UNBALANCED
    return "cannot be read as an expression", offset, 1, 'join conditions by "and" or "or"; put texts in quotes'
