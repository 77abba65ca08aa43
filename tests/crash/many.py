"""By hand: kill the demo many times over.

`python -m tests.crash.many RUNS [SEED]` at random moments;
`python -m tests.crash.many points [NUMBER]` at each point of `kill_at`, at its NUMBER-th passing.
"""

import random
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import mkdtemp

from tests.crash.kill_at import POINTS
from tests.crash.processes import End, Ended, demo, demo_after_kills, differences, end_of, killed_at

AT_ONCE = 2
FIRST_MOMENT = 0.9  # seconds that Python takes to read the program
PROJECT_MADE = 1.3  # seconds after which the project is made and migrated
LAST_MOMENT = 3.0  # seconds after which a demo has ended


@dataclass(frozen=True)
class Try:
    """One demo, and the point or the moments at which it is killed."""

    name: str
    kills: tuple[float, ...] = ()
    command: tuple[str, ...] = ()

    def play(self, folder: Path) -> Ended:
        """Kill it as told, then let it come to its end."""
        if self.command and not (attempt := demo(folder, self.command)).was_killed:
            return attempt
        return demo_after_kills(folder, self.kills)


def random_tries(count: int, seed: int = 1) -> list[Try]:
    """Single kills over the whole run, early kills, and several in a row."""
    chance = random.Random(seed)  # noqa: S311 - the same moments for the same seed, that is all
    drawn = [moments(chance, number) for number in range(count)]
    return [Try(f"{number} {[round(kill, 3) for kill in kills]}", kills) for number, kills in enumerate(drawn)]


def moments(chance: random.Random, number: int, read: float = FIRST_MOMENT) -> tuple[float, ...]:
    """Seconds after a start at which to kill, where ``read`` seconds go by until Python has read the program."""
    early = number % 4 == 1
    last = read - FIRST_MOMENT + (PROJECT_MADE if early else LAST_MOMENT)
    times = 1 if number % 4 == 0 else chance.randint(1, 4) if early else chance.randint(2, 5)
    return tuple(chance.uniform(read, last) for _ in range(times))


def point_tries(number: int = 1) -> list[Try]:
    return [Try(f"{point} {number}", command=killed_at(point, number)) for point in POINTS]


def attempt(root: Path, wanted: End, one: Try) -> str:
    """ "" if all went as in the undisturbed run, else what went otherwise."""
    folder = Path(mkdtemp(dir=root))
    end = one.play(folder)
    wrong = f"exit {end.code}: {end.output[-3000:]}" if end.code else differences(wanted, end_of(folder))
    print("BAD" if wrong else "ok ", one.name, wrong, flush=True)
    return wrong


def main(*arguments: str) -> int:
    """How many demos ended otherwise than the undisturbed one."""
    root = Path(mkdtemp(prefix="pointsman-crash-"))
    end = demo(root / "undisturbed")
    print(root, "undisturbed: exit", end.code)
    first, *rest = arguments
    tries = point_tries(*map(int, rest)) if first == "points" else random_tries(int(first), *map(int, rest[:1]))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        wrong = list(pool.map(partial(attempt, root, end_of(root / "undisturbed")), tries))
    print(f"{sum(map(bool, wrong))} of {len(wrong)} went wrong")
    return sum(map(bool, wrong))


if __name__ == "__main__":
    raise SystemExit(bool(main(*sys.argv[1:])))
