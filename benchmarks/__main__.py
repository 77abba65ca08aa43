"""`python -m benchmarks`: run the benchmarks named (all of them by default), print the table, write it as JSON."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from benchmarks import (
    checking,
    claiming,
    importing,
    importing_to_server,
    ingress,
    matching,
    memory,
    paging,
    reacting,
    recording,
    replaying,
    sending,
    sharing,
    timing,
    working,
    working_on_server,
)
from benchmarks.harness import ROUNDS, Plan, Row
from benchmarks.table import document, show

BENCHMARKS = {
    "ingress": ingress.rows,
    "matcher": matching.rows,
    "react": reacting.rows,
    "worker": working.rows,
    "recording": recording.rows,
    "replay": replaying.rows,
    "sender": sending.rows,
    "import": importing.rows,
    "import-postgres": importing_to_server.rows,
    "checking": checking.rows,
    "two-workers": sharing.rows,
    "worker-postgres": working_on_server.rows,
    "timers": timing.rows,
    "claims": claiming.rows,
    "list-pages": paging.rows,
    "memory": memory.rows,
}
RESULT = Path(__file__).parent / "results" / "latest.json"


def measure(names: Sequence[str], seconds: float, rounds: int) -> tuple[list[Row], Plan]:
    """The rows of these benchmarks and the plan they were taken with; says on stderr which one runs."""
    found: list[Row] = []
    with TemporaryDirectory(prefix="benchmarks-") as folder:
        plan = Plan(Path(folder), seconds, rounds)
        for name in names:
            print(f"{name} ...", file=sys.stderr, flush=True)
            found += BENCHMARKS[name](plan)
    return found, plan


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...", type=click.Choice(list(BENCHMARKS)))
@click.option("--seconds", default=1.0, help="How long one slice takes, about.", show_default=True)
@click.option("--rounds", default=ROUNDS, help="How many pairs of slices count.", show_default=True)
@click.option("--json", "file", default=RESULT, type=click.Path(path_type=Path), help="Where the figures are written.")
def main(names: tuple[str, ...], seconds: float, rounds: int, file: Path) -> None:
    """Measure this machine: ingress, matcher, react, worker, recording, replay, sender, import, import-postgres,
    checking, two-workers, worker-postgres, timers, claims, list-pages, memory."""
    found, plan = measure(names or tuple(BENCHMARKS), seconds, rounds)
    show(found)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document(found, plan), indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
