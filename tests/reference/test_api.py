"""The page about the API has a row for every request that there is, and none else."""

import re

from gateway.api.desk import EXPORTS_AT_ONCE
from gateway.api.endpoints import AnyEndpoint
from gateway.api.site import ENDPOINTS
from gateway.api.streams import LEAST_BYTES
from gateway.bodies import IDLE_SECONDS
from tests.reference.pages import DOCS

PAGE = (DOCS / "reference" / "api.md").read_text("utf-8")
ROWS = [line.split("|")[1:3] for line in PAGE.splitlines() if re.match(r"\| `[A-Z]+ /", line)]
TOLD = {request: what for cell, what in ROWS for request in re.findall(r"`([A-Z]+ /[^`]*)`", cell)}


def request(endpoint: AnyEndpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


def test_every_request_has_its_row() -> None:
    assert sorted(TOLD) == sorted(request(one) for one in ENDPOINTS)


def test_each_that_obeys_if_match_says_so() -> None:
    obeying = {told for told, what in TOLD.items() if "obeys `If-Match`" in what}

    assert obeying == {request(one) for one in ENDPOINTS if one.matches}


def test_the_bounds_of_exports_are_those_that_hold() -> None:
    (said,) = re.findall(r"^Exports are files.*?\n\n", PAGE, re.MULTILINE | re.DOTALL)

    assert re.findall(r"[0-9][0-9,]*", said) == [
        str(EXPORTS_AT_ONCE), "503", f"{IDLE_SECONDS:.0f}", f"{LEAST_BYTES:,}"
    ]  # fmt: skip
