"""The how-to names every bound of what may wait, with the number that is in force."""

from pathlib import Path

import pytest

from gateway import bodies, connections, http_edge, ingress, sender, shedding, stopping, worker
from gateway.api import bounds as api_bounds
from gateway.calls import posting, python_desk
from gateway.imports.desk import MAX_IMPORTS
from storage import group_commit, spool

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "run-as-a-service.md").read_text("utf-8")
TOLD = [
    f"**{stopping.EXIT_SECONDS:.0f} seconds**",
    f"| connections | {connections.MAX_CONNECTIONS:,}, and {connections.RESERVED_FILES} fewer",
    f"| {http_edge.HEAD_SECONDS:.0f} seconds; {http_edge.HEAD_BYTES:,} bytes, {http_edge.HEAD_LINES} lines",
    f"lines of {http_edge.LINE_BYTES:,} |",
    f"| silence between two requests | {http_edge.IDLE_SECONDS:.0f} seconds",
    f"| a webhook's body | {ingress.BODY_LIMIT // 1024} KB, {ingress.BODY_SECONDS:.0f} seconds",
    f"| bodies on their way | {bodies.BODIES_AT_ONCE:,}, with {bodies.BODIES_BYTES // 1024**2} MB",
    f"| webhooks being kept | {shedding.WEBHOOKS_AT_ONCE:,}",
    f"the oldest has waited for {shedding.LONGEST_WAIT:g} seconds",
    f"| events waiting to be kept | {group_commit.QUEUE_LIMIT:,}",
    f"| events in the spool | {spool.SPOOL_LIMIT:,}, in a file of {spool.SPOOL_BYTES // 1024**3} GB",
    f"| API requests being answered | {api_bounds.API_AT_ONCE}",
    f"| uploads being imported or waiting for it | {MAX_IMPORTS}",
    f"| messages being sent | {sender.CONCURRENCY} for each channel",
    f"| calls being asked | {posting.SLOTS} for each service, {python_desk.WORKERS} functions",
    f"| events decided in one transaction | {worker.BATCH}",
]


@pytest.mark.parametrize("line", TOLD)
def test_the_how_to_names_each_bound(line: str) -> None:
    assert line in PAGE
