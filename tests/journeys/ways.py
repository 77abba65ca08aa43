"""Which ways of a campaign were walked: from the nodes of its rule file, and from the decisions of a gateway."""

from collections.abc import Iterator

from rules.book import IfNode, Node, Rulebook
from tests.gateway.running import World

Way = tuple[str, str]  # the full name of a node, and of the one after it, "" where the path ends


def ways_of(book: Rulebook) -> set[Way]:
    """Every way that a path can go: all edges, and the ends of conditions that lead nowhere."""
    return {way for flow in book.flows.values() for node in flow.nodes.values() for way in _ways_from(node)}


async def ways_walked(world: World) -> set[Way]:
    """Every way that was gone since the database was empty."""
    return {
        (visit["node"], f"{visit['node'].partition('.')[0]}.{visit['next']}" if visit.get("next") else "")
        for row in await world.decisions()
        for reaction in row["log"]
        for considered in reaction.get("facts", ())
        for activation in considered.get("activations", ())
        for visit in activation["visits"]
    }


def _ways_from(node: Node) -> Iterator[Way]:
    yield from ((node.full_name, f"{node.flow}.{target}") for target in node.edges.values())
    if not node.edges or (isinstance(node, IfNode) and not (node.match and node.otherwise)):
        yield node.full_name, ""
