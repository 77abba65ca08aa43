"""``python -m tests.fuzz [REQUESTS [SEED]]``: fuzzed webhooks against a gateway; exit 1 unless all went as it must."""

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.fuzz.shooting import Outcome, run

REQUESTS, SEED = 50_000, 1
MOST_GROWTH = 50  # megabytes from 10 % of the run to its end


def main(requests: int, seed: int) -> int:
    with TemporaryDirectory() as folder:
        outcome = asyncio.run(run(Path(folder), requests, seed, lambda line: print(line, flush=True), apart=True))
    wrong = outcome.judged()
    if grown(outcome) > MOST_GROWTH:
        wrong.append(f"memory grew by {grown(outcome)} MB, more than {MOST_GROWTH}")
    print("\n".join(wrong), end="\n" if wrong else "")
    print(summary(outcome, seed))
    return bool(wrong)


def grown(outcome: Outcome) -> int:
    return outcome.memory[100] - outcome.memory[10]


def summary(outcome: Outcome, seed: int) -> str:
    answers = ", ".join(f"{number} x {status}" for status, number in sorted(outcome.tally.statuses.items()))
    return (
        f"seed {seed}: {outcome.asked} requests in {outcome.seconds:.0f} s ({outcome.asked / outcome.seconds:.0f}/s): "
        f"{answers}; {outcome.kept} events kept, {outcome.tally.owed} of whole and signed requests; "
        f"memory {outcome.memory[10]} MB at 10 %, {outcome.memory[100]} MB at the end"
    )


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:3]]
    sys.exit(main(*[*numbers, *(REQUESTS, SEED)[len(numbers) :]]))
