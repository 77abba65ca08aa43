"""The campaigns of the cookbook, to be drawn, and how their pictures are kept: `python -m tests.gateway.drawing` writes
them anew, and what changed is looked at before it is committed."""

from pathlib import Path

from gateway.drawing.mermaid import mermaid
from gateway.drawing.of_rules import picture_of
from gateway.drawing.svg import svg
from rules.book import Rulebook
from rules.loader import Project, ProjectChannel, load_folder

COOKBOOK = Path(__file__).parents[3] / "docs" / "cookbook"
DRAWN = Path(__file__).parent / "drawn"
PROJECT = Project(
    channels={"sms": ProjectChannel("sms", "sms", "phone"), "slack": ProjectChannel("slack", "slack", "slack")},
    services=frozenset({"assistant", "shop"}),
    functions=frozenset({"prices.discount"}),
)


def cookbook() -> dict[str, Rulebook]:
    """The campaigns by the names of their files."""
    texts = {path.name: path.read_text("utf-8") for path in sorted(COOKBOOK.glob("*.yaml"))}
    return {Path(book.file).stem: book for book in load_folder(texts, PROJECT).rulebooks.values()}


def pictures() -> dict[str, str]:
    """The text of each file of a picture."""
    drawn = {name: picture_of(book) for name, book in cookbook().items()}
    as_svg = {f"{name}.svg": svg(picture) for name, picture in drawn.items()}
    return as_svg | {f"{name}.mmd": mermaid(picture) for name, picture in drawn.items()}
