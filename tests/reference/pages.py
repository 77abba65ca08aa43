"""The pages of docs/: their blocks that come from the code, their key tables, and their examples."""

import re
from pathlib import Path

from tests.reference.blocks import block

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGES = sorted((DOCS / "reference").glob("*.md"))

_BLOCK = re.compile(r"(<!-- from the code: (?P<name>[\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_KEYS = re.compile(r"<!-- keys: (?P<piece>\w+) -->\n(?P<table>(?:\|.*\n)+)")
_FENCE = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)


def renewed(page: str) -> str:
    """The page with each block `<!-- from the code: NAME -->` as the code has it now."""
    return _BLOCK.sub(lambda found: f"{found[1]}{block(found['name'])}\n{found[3]}", page)


def key_tables(page: str) -> dict[str, dict[str, str]]:
    """By piece: the keys that its table lists, and what stands in their column "default"."""
    return {found["piece"]: _rows(found["table"]) for found in _KEYS.finditer(page)}


def _rows(table: str) -> dict[str, str]:
    rows = ([cell.strip(" `") for cell in line.strip("|\n").split("|")] for line in table.splitlines()[2:])
    return {row[0]: row[2] for row in rows}


def fenced(page: str, language: str) -> list[str]:
    """The texts of the page's code blocks in one language."""
    return [found["text"] for found in _FENCE.finditer(page) if found["language"] == language]
