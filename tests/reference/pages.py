"""The pages of docs/: their blocks that come from the code, their key tables, and their examples."""

import json
import re
from collections.abc import Callable
from pathlib import Path

from tests.reference.blocks import block, table
from tests.reference.keys import NONE, keys_of, row_of
from tests.reference.settings_keys import setting_row, settings_of

DOCS = Path(__file__).parent.parent.parent / "docs"
MEANINGS = DOCS.parent / "gateway" / "meanings.json"
PAGES = sorted((DOCS / "reference").glob("*.md"))
RULE_PAGES = tuple(DOCS / "reference" / f"{name}.md" for name in ("rule-files", "agents", "triggers", "actions"))

_HEAD = ("key", "type", "default", "meaning")
_BLOCK = re.compile(r"(<!-- from the code: (?P<name>[\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_KEYS = re.compile(r"<!-- keys: (?P<piece>\w+) -->\n(?P<table>(?:\|.*\n)+)")
_SETTINGS = re.compile(_KEYS.pattern.replace("keys", "settings"))
_CELL_END = re.compile(r"(?<!\\)\|")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")
_FENCE = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
_SECTION = re.compile(r"^(?=#{2,3} )", re.MULTILINE)


def renewed(page: str) -> str:
    """The page with each block `<!-- from the code: NAME -->`, and each table of keys but for what its keys mean, as
    the code has them now."""
    with_blocks = _BLOCK.sub(lambda found: f"{found[1]}{block(found['name'])}\n{found[3]}", page)
    with_keys = _KEYS.sub(lambda found: _renewed_table("keys", found, keys_of, row_of), with_blocks)
    return _SETTINGS.sub(lambda found: _renewed_table("settings", found, settings_of, setting_row), with_keys)


def _renewed_table(
    kind: str, found: re.Match[str], keys: Callable[[str], list[str]], row: Callable[[str, str, str], tuple[str, ...]]
) -> str:
    """The table of one piece with what was said of each key before."""
    piece, said = found["piece"], _meanings(found["table"])
    return f"<!-- {kind}: {piece} -->\n{table(_HEAD, (row(piece, key, said.get(key, '')) for key in keys(piece)))}\n"


def _meanings(rows: str) -> dict[str, str]:
    return {row[0].strip("`"): row[-1].replace("\\|", "|") for row in _rows(rows)}


def rule_pages() -> str:
    """All pages that tell of the keys of rule files, one after the other."""
    return "\n".join(page.read_text("utf-8") for page in RULE_PAGES)


def key_tables(page: str) -> dict[str, dict[str, str]]:
    """By piece: the keys that its table lists, and what stands in their column "meaning"."""
    return {found["piece"]: _meanings(found["table"]) for found in _KEYS.finditer(page)}


def setting_tables(page: str) -> dict[str, dict[str, str]]:
    """The same for the tables of the settings file."""
    return {found["piece"]: _meanings(found["table"]) for found in _SETTINGS.finditer(page)}


def sections(page: str) -> list[str]:
    """The page cut at its headings of the second and third level."""
    return _SECTION.split(page)


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
    needed = {"needed": "; needed", NONE: ""}.get(default, f"; default: {default}")
    return _LINK.sub(r"\1", f"{meaning}\n\n{type_}{needed}".strip()).replace("\\|", "|")


def fenced(page: str, language: str) -> list[str]:
    """The texts of the page's code blocks in one language."""
    return [found["text"] for found in _FENCE.finditer(page) if found["language"] == language]
