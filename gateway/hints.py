"""Did you mean: the nearest known word, said at the end of a sentence."""

from collections.abc import Iterable

from rules.diagnostics import did_you_mean as nearest


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean "x"?` for the known word nearest to ``word``, "" where none is near."""
    hint = nearest(word, known)
    return f"; {hint}" if hint else ""
