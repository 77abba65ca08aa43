"""`python -m tests.chaos [--kills N] [--faults N] [--seed N] [--database sqlite|postgres|both]`: see CONTRIBUTING.md.

Exit code 0 only if the books balance on every database.
"""

import argparse
import asyncio
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp

from tests.chaos.books import Books
from tests.chaos.faults import FAULTS
from tests.chaos.storm import Storm, rage, scenarios

DATABASES = ("sqlite", "postgres")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Kill and trouble a gateway under load")
    parser.add_argument("--kills", type=int, default=200, help="kill -9, on each database (200)")
    parser.add_argument("--faults", type=int, default=len(FAULTS), help="fault scenarios, on each database (all)")
    parser.add_argument("--only", default="", help="only the scenarios with these words in their name")
    parser.add_argument("--seed", type=int, default=1, help="the same storm for the same number (1)")
    parser.add_argument("--pace", type=float, default=1.0, help="how much load (1.0)")
    parser.add_argument("--database", choices=(*DATABASES, "both"), default="both")
    return parser.parse_args()


def main() -> int:
    """0 if all books balance."""
    given = arguments()
    faults = tuple(fault for fault in scenarios(given.faults, given.seed) if given.only in fault.name)
    kinds = DATABASES if given.database == "both" else (given.database,)
    root = Path(mkdtemp(prefix="pointsman-chaos-"))
    print(f"seed {given.seed}, in {root}", flush=True)
    storms = [Storm(kind, given.kills, faults, given.seed, given.pace) for kind in kinds]
    books = asyncio.run(all_of(storms, root))
    print(*books, sep="\n")
    return 0 if all(one.balance for one in books) else 1


async def all_of(storms: Sequence[Storm], root: Path) -> list[Books]:
    """All at once, each over a project of its own below ``root``; their books."""
    return list(await asyncio.gather(*(rage(storm, root / storm.database) for storm in storms)))


if __name__ == "__main__":
    raise SystemExit(main())
