"""By hand: kill the demo at random moments, many times over. `python -m tests.crash.many RUNS [SEED] [LONGEST]`."""

import random
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import mkdtemp

from tests.crash.processes import Ended, demo, demo_after_kills, differences, end_of

AT_ONCE = 2
FIRST_MOMENT = 0.9  # seconds that Python takes to read the program
PROJECT_MADE = 1.3  # seconds after which the project is made and migrated


@dataclass(frozen=True)
class Try:
    """One demo and the moments at which it is killed."""

    number: int
    kills: tuple[float, ...]


def tries(count: int, seed: int, longest: float) -> list[Try]:
    """Single kills over the whole run, early kills, and several in a row."""
    chance = random.Random(seed)  # noqa: S311 - the same moments for the same seed, that is all
    return [Try(number, moments(chance, number, longest)) for number in range(count)]


def moments(chance: random.Random, number: int, longest: float) -> tuple[float, ...]:
    if number % 4 == 1:
        return tuple(chance.uniform(FIRST_MOMENT, PROJECT_MADE) for _ in range(chance.randint(1, 4)))
    return tuple(chance.uniform(FIRST_MOMENT, longest) for _ in range(1 if number % 4 == 0 else chance.randint(2, 5)))


def attempt(root: Path, wanted: Path, one: Try) -> str:
    """ "" if all went as in the undisturbed run, else what went otherwise."""
    folder = root / f"{one.number:04}"
    end = demo_after_kills(folder, one.kills)
    wrong = faults(end) or differences(end_of(wanted), end_of(folder))
    text = f"{one.number:4} {'ok ' if not wrong else 'BAD'} {[round(kill, 3) for kill in one.kills]} {wrong}"
    print(text, flush=True)
    return wrong


def faults(end: Ended) -> str:
    return "" if end.code == 0 else f"exit {end.code}: {end.output[-3000:]}"


def main(count: int, seed: int = 1, longest: float = 3.0) -> int:
    """How many demos ended otherwise than the undisturbed one."""
    root = Path(mkdtemp(prefix="pointsman-crash-"))
    print(root)
    if fault := faults(demo(root / "undisturbed")):
        print(fault)
        return 1
    with ThreadPoolExecutor(AT_ONCE) as pool:
        wrong = list(pool.map(partial(attempt, root, root / "undisturbed"), tries(count, seed, longest)))
    print(f"{sum(map(bool, wrong))} of {count} went wrong")
    return sum(map(bool, wrong))


if __name__ == "__main__":
    numbers = [float(text) for text in sys.argv[1:]]
    raise SystemExit(bool(main(int(numbers[0]), *(int(n) for n in numbers[1:2]), *numbers[2:3])))
