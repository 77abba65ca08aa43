"""Scenario files: conversations in YAML, with expectations, played in memory (`docs/reference/scenarios.md`).

`reading` reads them and names every mistake, `playing` plays them in a `gateway.simulation.World`, `telling` prints.
"""
