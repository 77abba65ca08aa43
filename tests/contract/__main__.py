"""`python -m tests.contract [--cases 10000] [--seed N] [ARGUMENT ...]`: see CONTRIBUTING.md.

Runs the real program in the sandbox and lets schemathesis send it what its description allows, and what it forbids.
Exit code 0 only if all its checks found nothing in at least so many cases.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway.api.site import ENDPOINTS
from tests.clients.served import Served, served
from tests.contract.known import configuration
from tests.forking.processes import REPOSITORY

PROGRAM = REPOSITORY / ".venv" / "schemathesis" / "bin" / "st"
GENERATED = re.compile(r"([\d,]+) generated")
SPARE = 1.2  # some requests have fewer different cases than they are given


def arguments() -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(prog="python -m tests.contract", description="Does the API do what it says?")
    parser.add_argument("--cases", type=int, default=10_000, help="how many at least (10,000)")
    parser.add_argument("--seed", type=int, default=1, help="another seed makes other cases (1)")
    return parser.parse_known_args()


def command(gateway: Served, given: argparse.Namespace, more: Sequence[str]) -> list[str]:
    """All checks, as many cases of each request."""
    each = ceil(given.cases * SPARE / len(ENDPOINTS))
    chosen = ["--checks", "all", "--max-examples", str(each), "--seed", str(given.seed), "--continue-on-failure"]
    bearer = ["--header", f"Authorization: Bearer {gateway.token}"]
    return [str(PROGRAM), "run", f"{gateway.url}/openapi.json", *bearer, *chosen, *more]


def run(folder: Path, given: argparse.Namespace, more: Sequence[str]) -> tuple[int, int]:
    """The exit code of schemathesis, and how many cases it made; what it says is passed on."""
    with served(folder) as gateway:
        (folder / "schemathesis.toml").write_text(configuration(gateway), "utf-8")
        print(f"in {folder}", flush=True)
        pipe = subprocess.PIPE
        with subprocess.Popen(command(gateway, given, more), cwd=folder, stdout=pipe, text=True) as process:  # noqa: S603
            lines = list(map(passed_on, process.stdout or ()))
    cases = [int(found[1].replace(",", "")) for line in lines if (found := GENERATED.search(line))]
    return process.returncode, sum(cases)


def passed_on(line: str) -> str:
    print(line, end="", flush=True)
    return line


def main() -> int:
    """0 if nothing was found."""
    given, more = arguments()
    with TemporaryDirectory(prefix="pointsman-contract-") as folder:
        code, cases = run(Path(folder), given, more)
    print(f"{cases:,} cases of at least {given.cases:,}; schemathesis ended with {code}")
    return 0 if code == 0 and (cases >= given.cases or bool(more)) else 1


if __name__ == "__main__":
    sys.exit(main())
