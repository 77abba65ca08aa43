"""Numbers as lists write them whose decimals have a comma: `1.234,50`."""

import re

DECIMALS = ("point", "comma")
_COMMA = re.compile(r"[+-]?(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)(?:,[0-9]+)?")
_DOUBTFUL = re.compile(r"[+-]?[0-9.]+,[0-9]+")
NOT_SO = "is not written with a comma before its decimals, as was stated: write 1234,50"
HINT = "or say that decimals have a comma (--decimal comma, over HTTP decimal=comma)"


def with_point(cell: str) -> str | None:
    """The number with a point before its decimals, and with none between thousands; None where it is not written so."""
    return cell.replace(".", "").replace(",", ".") if _COMMA.fullmatch(cell) else None


def may_have_comma(cell: str) -> bool:
    """Whether a number that was refused may be one whose decimals have a comma."""
    return _DOUBTFUL.fullmatch(cell) is not None
