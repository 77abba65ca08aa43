"""The outlines of boxes, by which kinds of nodes are told apart."""

from gateway.drawing.layout import Point, Size
from gateway.drawing.picture import Shape
from gateway.drawing.texts import END_SIZE, SLANT

COLOURS = {  # of the box, and of its border
    Shape.TRIGGER: ("#e3f1e4", "#2f7d3a"),
    Shape.CONDITION: ("#fdf3d6", "#a9780b"),
    Shape.TALK: ("#e2ecfb", "#2b62b8"),
    Shape.WAIT: ("#f0f0f0", "#666666"),
    Shape.JUMP: ("#f3e6f7", "#7f3d99"),
    Shape.ACTION: ("#ffffff", "#444444"),
    Shape.FINISH: ("#f9e4e1", "#b03a2e"),
    Shape.END: ("#666666", "#666666"),
}
ROUNDED = {Shape.TRIGGER: 20, Shape.WAIT: 8, Shape.FINISH: 14}
INNER = 4  # pixels from a border to the second one inside it


def outline(shape: Shape, size: Size, at: Point) -> str:
    """The outline of a box whose middle is there."""
    left, top = at.x - size.width // 2, at.y - size.height // 2
    right, bottom = left + size.width, top + size.height
    slim = Size(size.width - 2 * INNER, size.height - 2 * INNER)
    match shape:
        case Shape.END:
            return f'<circle cx="{at.x}" cy="{at.y}" r="{END_SIZE // 2}"/>'
        case Shape.CONDITION:
            a, b = left + SLANT, right - SLANT
            return _polygon((left, at.y), (a, top), (b, top), (right, at.y), (b, bottom), (a, bottom))
        case Shape.TALK:
            return _polygon((left + SLANT, top), (right, top), (right - SLANT, bottom), (left, bottom))
        case Shape.JUMP:
            bars = f'<path d="M{left + INNER} {top}V{bottom}M{right - INNER} {top}V{bottom}"/>'
            return _rectangle(left, top, size, 0) + bars
        case Shape.FINISH:
            inside = _rectangle(left + INNER, top + INNER, slim, ROUNDED[shape] - INNER)
            return _rectangle(left, top, size, ROUNDED[shape]) + inside
        case _:
            return _rectangle(left, top, size, ROUNDED.get(shape, 0))


def _polygon(*corners: tuple[int, int]) -> str:
    return f'<polygon points="{" ".join(f"{x},{y}" for x, y in corners)}"/>'


def _rectangle(left: int, top: int, size: Size, round_by: int) -> str:
    return f'<rect x="{left}" y="{top}" width="{size.width}" height="{size.height}" rx="{round_by}"/>'
