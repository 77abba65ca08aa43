"""`python -m tests.mutation [GROUP ...] [--processes N] [--again] [--only mutants|planted]`: see CONTRIBUTING.md.

Exit code 0 only if the tests kill at least `LEAST` of all mutants, every survivor is argued, and every bug planted by
hand is noticed.
"""

import argparse
from pathlib import Path

from tests.mutation.ground import lay_out, mutmut
from tests.mutation.groups import GROUPS, Group
from tests.mutation.planting import unnoticed
from tests.mutation.results import LIVED, UNTRIED, Score, needless, scores, statuses, summed

LEAST = 0.95
KINDS = ("mutants", "planted")


def arguments() -> argparse.Namespace:
    names = [group.name for group in GROUPS]
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description="Plant bugs: do the tests notice?")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"{', '.join(names)} (all)")
    parser.add_argument("--processes", type=int, default=2, help="how many mutants are tested at once (2)")
    parser.add_argument("--again", action="store_true", help="go on with changed tests: only with what lived")
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


def mutated(ground: Path, group: Group, processes: int, again: bool) -> list[Score]:
    """The scores of the group's files; tells them, and the survivors that nobody has argued for."""
    for lived_too in (again, False):  # where code has changed, mutmut makes its mutants anew while it tries the others
        if names := to_try(ground, group, lived_too):
            mutmut(ground, "run", "--max-children", str(processes), *names, watched=True)
    found = scores(ground, group)
    for score in found:
        print(score, *(f"    {one.function}: {one.change}" for one in score.open), sep="\n", flush=True)
    for one in needless(found):
        print(f"    argued and not alive: {one.file} {one.function}: {one.change}", flush=True)
    return found


def to_try(ground: Path, group: Group, again: bool) -> list[str]:
    """What to tell mutmut to try: patterns to begin with, then the names of those that are left."""
    known = dict(statuses(ground, group))
    wanted = (UNTRIED, *LIVED) if again else (UNTRIED,)
    if again:
        (ground / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)  # which tests come through which function
    return [name for name, status in known.items() if status in wanted] if known else [*(group.functions or ("*",))]


def tried(group: Group, given: argparse.Namespace) -> tuple[bool, Score]:
    """Whether all bugs planted by hand are noticed, and the group's score."""
    ground = lay_out(group, keep=given.again)
    print(f"{group.name}, in {ground}", flush=True)
    found = [] if given.only == "planted" else mutated(ground, group, given.processes, given.again)
    sound = given.only == "mutants" or planted_noticed(ground, group)
    return sound, summed(group.name, found)


def main() -> int:
    """0 if all is as promised."""
    given = arguments()
    chosen = [group for group in GROUPS if not given.groups or group.name in given.groups]
    ends = [tried(group, given) for group in chosen]
    total = summed("all", [score for _, score in ends])
    print(*(score for _, score in ends), total, sep="\n", flush=True)
    return 0 if total.share >= LEAST and not (total.open or total.untried) and all(sound for sound, _ in ends) else 1


if __name__ == "__main__":
    raise SystemExit(main())
