"""`python -m tests.endurance [--events 1000000] [--database sqlite|postgres]`: see CONTRIBUTING.md.

Runs the real program as a process, at work all the time, and watches its memory and its speed. Exit code 0 only if the
memory stayed flat, the speed steady, and each webhook was decided.
"""

import argparse
import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.endurance.course import Course, endure
from tests.endurance.telling import HEAD, Table, failures, tell_end


def arguments() -> Course:
    parser = argparse.ArgumentParser(prog="python -m tests.endurance", description="Let a gateway work for very long")
    parser.add_argument("--events", type=int, default=1_000_000, help="webhooks (1,000,000)")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    given = parser.parse_args()
    return Course(given.events, given.database)


def main() -> int:
    """0 if everything that was promised held."""
    course = arguments()
    print(HEAD, flush=True)
    with TemporaryDirectory(prefix="pointsman-endurance-") as folder:
        endured = asyncio.run(endure(course, Path(folder) / "project", Table().line))
    tell_end(course, endured)
    broken = list(failures(course, endured))
    print(*(f"BROKEN: {one}" for one in broken), sep="\n")
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
