"""Where boxes and arrows go, in the manner of Sugiyama (1981): rows from top to bottom, arrows through all of them.

Boxes stand in even rows, labels of arrows in the odd ones between them. Where an arrow crosses a row it has a place of
its own there, as a box has: so nothing covers anything, however large the graph. The same graph gives the same layout.
"""

from gateway.drawing.layout.laying import Layout, Point, lay_out
from gateway.drawing.layout.rows import Link, Size

__all__ = ["Layout", "Link", "Point", "Size", "lay_out"]
