"""`python -m tests.mutation [GROUP ...] [--processes N] [--only mutants|planted]`: see CONTRIBUTING.md.

Exit code 0 only if the tests kill at least `LEAST` of all mutants, every survivor is argued, and every bug planted by
hand is noticed.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from tests.mutation.ground import lay_out, mutmut
from tests.mutation.groups import GROUPS, Group
from tests.mutation.planting import unnoticed
from tests.mutation.results import Score, scores

LEAST = 0.95
KINDS = ("mutants", "planted")


def arguments() -> argparse.Namespace:
    names = [group.name for group in GROUPS]
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description="Plant bugs: do the tests notice?")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"{', '.join(names)} (all)")
    parser.add_argument("--processes", type=int, default=2, help="how many mutants are tested at once (2)")
    parser.add_argument("--only", choices=KINDS, help="only what mutmut makes, or only what is planted by hand")
    given = parser.parse_args()
    if unknown := sorted(set(given.groups) - set(names)):
        parser.error(f"there is no group {', '.join(unknown)}, but {', '.join(names)}")
    return given


def planted_noticed(ground: Path, group: Group) -> bool:
    """Whether all bugs that are planted by hand are noticed; tells which are not."""
    left = list(unnoticed(ground, group))
    for bug in left:
        print(f"    planted and not noticed: {bug.file}: {bug.text!r} -> {bug.instead!r}", flush=True)
    return not left


def mutated(ground: Path, group: Group, processes: int) -> list[Score]:
    """The scores of the group's files; tells them, and the survivors that nobody has argued for."""
    mutmut(ground, "run", "--max-children", str(processes), *group.functions, watched=True)
    found = scores(ground)
    for score in found:
        print(score, *(f"    {one.function}: {one.change}" for one in score.open), sep="\n", flush=True)
    return found


def enough(found: Sequence[Score]) -> bool:
    """Whether all files together are as promised; tells the sum."""
    total = Score("all", sum(s.killed for s in found), sum(s.refused for s in found), sum(s.skipped for s in found))
    for score in found:
        total.argued += score.argued
        total.open += score.open
    print(total, flush=True)
    return total.share >= LEAST and not total.open


def main() -> int:
    """0 if all is as promised."""
    given = arguments()
    sound, found = True, list[Score]()
    for group in (group for group in GROUPS if not given.groups or group.name in given.groups):
        ground = lay_out(group)
        print(f"{group.name}, in {ground}", flush=True)
        if given.only != "mutants":
            sound = planted_noticed(ground, group) and sound
        if given.only != "planted":
            found += mutated(ground, group, given.processes)
    return 0 if enough(found) and sound else 1


if __name__ == "__main__":
    raise SystemExit(main())
