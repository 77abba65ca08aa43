"""What a simulation cannot do."""

from collections.abc import Sequence
from datetime import datetime

from rules.diagnostics import Diagnostic

YEARS = range(1970, 9_001)  # in which simulations play: rules reckon with times before and after that of the story


class CannotDo(Exception):
    """What was asked for cannot be done in this world; the words say why, for operators."""


class RulesWrong(CannotDo):
    """Rule files have errors; ``diagnostics`` are all that was found."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        errors = [found for found in diagnostics if found.level == "error"]
        super().__init__("; ".join(map(str, errors)))
        self.diagnostics = tuple(diagnostics)


class StuckWorld(CannotDo):
    """Something goes on and on without the clock moving."""


class NetworkRefused(CannotDo):
    """Something tried to reach a network, which nothing does in a simulation."""


def in_reach(moment: datetime) -> datetime:
    """The moment itself, where a simulation can get there. Raises `CannotDo`."""
    if moment.year not in YEARS:
        raise CannotDo(f"simulations play in the years {YEARS[0]} to {YEARS[-1]}")
    return moment
