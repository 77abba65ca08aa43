"""`python -m tests.hosts [--seed N] [--pace P]`: see CONTRIBUTING.md. Exit code 0 only if the books balance."""

import argparse
import asyncio
from pathlib import Path
from tempfile import mkdtemp

from tests.hosts.drill import drill
from tests.hosts.network import is_possible


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hosts", description="Two gateways on hosts of their own")
    parser.add_argument("--seed", type=int, default=1, help="the same load for the same number (1)")
    parser.add_argument("--pace", type=float, default=1.0, help="how much load (1.0)")
    given = parser.parse_args()
    if not is_possible():
        print("this needs Linux, root and `ip`: namespaces are made")
        return 2
    root = Path(mkdtemp(prefix="pointsman-hosts-"))
    print(f"seed {given.seed}, in {root}", flush=True)
    books = asyncio.run(drill(root, seed=given.seed, pace=given.pace))
    print(books)
    return 0 if books.balance else 1


if __name__ == "__main__":
    raise SystemExit(main())
