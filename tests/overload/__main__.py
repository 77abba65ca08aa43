"""`python -m tests.overload [--seconds 30] [--times 2] [--idle 10000]`: see CONTRIBUTING.md.

Runs the real program as a process, finds out how many webhooks a second it takes, then brings it more, with idle
connections beside them. Prints what became of it; exit code 0 only if the promises held.
"""

import argparse
import asyncio
import resource
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway.open_files import raise_open_files
from tests.overload.course import Course, Found, run_course
from tests.overload.telling import failures, tell


def arguments() -> Course:
    parser = argparse.ArgumentParser(prog="python -m tests.overload", description="Bring a gateway more than it takes")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long it is brought too much (30)")
    parser.add_argument("--times", type=float, default=2.0, help="how many times its capacity (2)")
    parser.add_argument("--idle", type=int, default=10_000, help="idle connections meanwhile (10,000)")
    given = parser.parse_args()
    return Course(given.seconds, given.times, given.idle)


def main() -> int:
    """0 if everything that was promised held."""
    raise_open_files()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    course = arguments()
    with TemporaryDirectory(prefix="pointsman-overload-") as folder:
        found: Found = asyncio.run(run_course(course, Path(folder)))
    print(f"open files: at most {soft} of {hard}")
    tell(found)
    broken = list(failures(found))
    print(*(f"BROKEN: {one}" for one in broken), sep="\n")
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
