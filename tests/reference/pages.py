"""The pages of docs/: their blocks that come from the code, their key tables, and their examples."""

import json
import re
from pathlib import Path

from tests.reference.blocks import block

DOCS = Path(__file__).parent.parent.parent / "docs"
MEANINGS = DOCS.parent / "gateway" / "meanings.json"
PAGES = sorted((DOCS / "reference").glob("*.md"))

_BLOCK = re.compile(r"(<!-- from the code: (?P<name>[\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_KEYS = re.compile(r"<!-- keys: (?P<piece>\w+) -->\n(?P<table>(?:\|.*\n)+)")
_CELL_END = re.compile(r"(?<!\\)\|")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")
_FENCE = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)


def renewed(page: str) -> str:
    """The page with each block `<!-- from the code: NAME -->` as the code has it now."""
    return _BLOCK.sub(lambda found: f"{found[1]}{block(found['name'])}\n{found[3]}", page)


def key_tables(page: str) -> dict[str, dict[str, str]]:
    """By piece: the keys that its table lists, and what stands in their column "default"."""
    return {
        found["piece"]: {row[0].strip("`"): row[2].strip("`") for row in _rows(found["table"])}
        for found in _KEYS.finditer(page)
    }


def meanings(page: str) -> str:
    """What the page says of each key, by piece, as JSON: an editor shows it where the key is written."""
    said = {
        found["piece"]: {row[0].strip("`"): _said(*row[1:]) for row in _rows(found["table"])}
        for found in _KEYS.finditer(page)
    }
    return json.dumps(said, indent=1, ensure_ascii=False) + "\n"


def _rows(table: str) -> list[list[str]]:
    """The cells of each row: key, type, default, meaning."""
    return [[cell.strip() for cell in _CELL_END.split(line)[1:-1]] for line in table.splitlines()[2:]]


def _said(type_: str, default: str, meaning: str) -> str:
    needed = "needed" if default == "needed" else f"default: {default}"
    shown = f"{meaning}\n\n{type_}; {needed}".strip()
    return _LINK.sub(r"\1", shown).replace("\\|", "|")


def fenced(page: str, language: str) -> list[str]:
    """The texts of the page's code blocks in one language."""
    return [found["text"] for found in _FENCE.finditer(page) if found["language"] == language]
