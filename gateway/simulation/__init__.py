"""A gateway in memory: its people, its providers and its clock are made up, all else is the real thing.

`world` opens one, `gateway.simulation.playing` plays scenario files (`docs/reference/scenarios.md`) in it. Nothing
leaves the process: whatever tries to is refused (`gateway.simulation.network`).
"""

from gateway.simulation.people import Line, SimulatedPerson
from gateway.simulation.refusing import CannotDo, RulesWrong, StuckWorld
from gateway.simulation.worlds import World, world

__all__ = ["CannotDo", "Line", "RulesWrong", "SimulatedPerson", "StuckWorld", "World", "world"]
