"""How a database goes about a query, as far as it matters to how long that takes."""

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Select

FEW = re.compile(r"\b(customer|participant|communication|subject|id|event)\b\)?(::text)? = ")
BOUNDED = ("CTE Scan", "Limit", "WindowAgg")  # what was gathered, or a window
QUEUES = ("inbox_parked", "inbox_queue")  # what is yet to be decided: read whole, where that is the shorter way
NAMED = ("gathered", "looked_through")
IN_ORDER = ("SCAN inbox", "SCAN decision", "SCAN audit")  # SQLite's words for reading by number
SORTED = 100  # rows of one person that PostgreSQL rather puts in order than reads in their order, if it expects few


def costly_steps(connection: Connection, query: Select[Any]) -> list[str]:
    """The steps that take the longer the more rows the table has: whole tables, and sorts of what is not bounded."""
    compiled = query.compile(connection, compile_kwargs={"render_postcompile": True})
    processed = compiled.construct_params(), compiled._bind_processors
    values = {name: processed[1].get(name, _as_it_is)(value) for name, value in processed[0].items()}
    given: Any = tuple(values[name] for name in compiled.positiontup or ()) or values
    return costly_steps_of(connection, str(compiled), given)


def _as_it_is(value: Any) -> Any:
    return value


def costly_steps_of(connection: Connection, sql: str, given: Any) -> list[str]:
    """The same of a statement as the driver gets it."""
    if connection.dialect.name == "postgresql":
        (plan,) = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {sql}", given).scalar_one()
        return list(_costly(plan["Plan"]))
    lines = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given)]
    return [line for line in lines if _is_costly(line, lines)]


def _costly(node: dict[str, Any]) -> Iterator[str]:
    kind, below = node["Node Type"], node.get("Plans", [])
    if node.get("Subplan Name") == "CTE gathered":  # few rows, if what they are found by is what they have in common
        yield from (f"{one} finds too much" for one in _conditions(node) if not FEW.search(one))
        return
    if kind == "Seq Scan":
        yield f"Seq Scan of {node['Relation Name']}"
    if "Sort" in kind and not all(_is_bounded(one) for one in below):
        yield f"{kind} by {node['Sort Key']}"
    by_few = FEW.search(node.get("Index Cond", "")) or node.get("Index Name") in QUEUES
    if kind.startswith("Index") and "Filter" in node and not by_few:
        yield f"{kind} with a filter: {node['Filter']}"
    for one in below:
        yield from _costly(one)


def _conditions(node: dict[str, Any]) -> Iterator[str]:
    """What each access to a table is led by."""
    if node["Node Type"].endswith("Scan") and node["Node Type"] not in ("Bitmap Heap Scan", "Subquery Scan"):
        yield node.get("Index Cond", node["Node Type"])
    for one in node.get("Plans", []):
        yield from _conditions(one)


def _is_bounded(node: dict[str, Any]) -> bool:
    below = node.get("Plans", [])
    of_few = any(FEW.search(one) for one in _conditions(node)) and node["Plan Rows"] <= SORTED
    return of_few or node["Node Type"] in BOUNDED or (bool(below) and all(_is_bounded(one) for one in below))


def _is_costly(line: str, lines: list[str]) -> bool:
    """A walk through an index in order is none; what is gathered, or a window, is put in order in memory."""
    if "TEMP B-TREE" in line:
        return not any(name in other for other in lines for name in NAMED)
    whole = line.startswith("SCAN") and "USING" not in line and "VIRTUAL TABLE" not in line  # json_each: what is given
    return whole and not any(name in line for name in (*NAMED, *IN_ORDER))
