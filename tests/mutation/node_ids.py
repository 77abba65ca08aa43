"""A plugin of pytest: mutmut 3.8 reads a name of pytest's own that pytest 9.2 no longer has."""

from _pytest.nodes import Node

if not hasattr(Node, "_nodeid"):
    Node._nodeid = property(lambda node: node.nodeid)  # type: ignore[attr-defined]
