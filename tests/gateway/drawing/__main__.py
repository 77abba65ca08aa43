"""Draw the campaigns of the cookbook anew."""

from tests.gateway.drawing.books import DRAWN, pictures

DRAWN.mkdir(exist_ok=True)
for name, text in pictures().items():
    (DRAWN / name).write_text(text, "utf-8")
