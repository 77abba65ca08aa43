"""`python -m tests.mutation [GROUP ...] [--processes N] [--only mutants|planted]`: see CONTRIBUTING.md.

Exit code 0 only if the tests kill at least `LEAST` of the mutants of every file, all survivors are argued, and every
bug planted by hand is noticed.
"""

import argparse
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


def passes(group: Group, kinds: tuple[str, ...], processes: int) -> bool:
    """Whether the tests of this group notice enough; tells what they do not."""
    ground = lay_out(group)
    print(f"{group.name}, in {ground}", flush=True)
    sound = True
    if "planted" in kinds:
        sound = notices_planted(ground, group)
    if "mutants" in kinds:
        mutmut(ground, "run", "--max-children", str(processes), *group.functions, watched=True)
        sound = [told(score) for score in scores(ground)].count(False) == 0 and sound
    return sound


def notices_planted(ground: Path, group: Group) -> bool:
    left = list(unnoticed(ground, group))
    for bug in left:
        print(f"    planted and not noticed: {bug.file}: {bug.text!r} -> {bug.instead!r}", flush=True)
    return not left


def told(score: Score) -> bool:
    """Whether a file's score is as promised; prints it with the survivors that nobody has argued for."""
    print(score, *(f"    {one.function}: {one.change}" for one in score.open), sep="\n", flush=True)
    return score.share >= LEAST and not score.open


def main() -> int:
    """How many groups are not as promised."""
    given = arguments()
    kinds = (given.only,) if given.only else KINDS
    chosen = [group for group in GROUPS if not given.groups or group.name in given.groups]
    return [passes(group, kinds, given.processes) for group in chosen].count(False)


if __name__ == "__main__":
    raise SystemExit(main())
