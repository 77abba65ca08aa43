"""Spoilt rule files: `python -m tests.rules.fuzz 100000 [SEED]` loads that many and fails on the first that harms.

Each is a good, a bad or a warned file of the tests (or two of them, mixed), spoilt one to five times: its bytes, lines,
words, or the values that it holds. Whatever comes of it must load or say where it is wrong: nothing may be raised, no
file may take over `MAX_SECONDS`, and the process may not grow by over `MAX_GROWTH`. Two processes share the work; the
same seed spoils the same files.
"""

import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import count
from multiprocessing import get_context
from resource import RUSAGE_SELF, getrusage
from time import perf_counter

from rules.diagnostics import CODES
from rules.loader import Loaded, load_rulebook, report
from rules.marks import read_yaml
from tests.rules.rulebooks import BAD, GOOD, PROJECT, WARNED

MAX_SECONDS = 1.0  # for one file
MAX_GROWTH = 200 * 1024 * 1024  # bytes of memory, beyond what the process had once it was warm
PROCESSES = 2
BATCH = 500  # files that are spoilt with one seed
SOUND = [path.read_bytes() for path in (*GOOD, *WARNED)]
SEEDS = [path.read_bytes() for path in (*GOOD, *BAD, *WARNED) if path.stat().st_size < 20_000]
TEXTS = [path.read_text("utf-8") for path in GOOD]
SHAPES = (
    *("", "5", "-1.5", "true", "null", "[]", "{}", "[a, {b: [c]}]", "{a: {b: c}}"),
    *('"{{ x"', "*x", "&x y", "!!int 1", "?", "99999999d", "*" * 30, "1" * 400, "[" * 200),
    *("{a: " * 40, '"{{ ' + "(" * 200 + '"', '"' + "{% if true %}" * 8 + '"', "a and " * 90),
)
WORDS = sorted({word.strip("{}[],:\"'") for raw in SEEDS for word in raw.decode("utf-8", "replace").split()} - {""})
ODD = "{}[]:,\"'|>&*!%#\t\n\r\x00\x07é\u2028😀-?`@"

Mutation = Callable[[str, random.Random], str]


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True) or [""]


def drop_a_line(text: str, dice: random.Random) -> str:
    lines = _lines(text)
    del lines[dice.randrange(len(lines))]
    return "".join(lines)


def swap_two_lines(text: str, dice: random.Random) -> str:
    lines = _lines(text)
    one, other = dice.randrange(len(lines)), dice.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "".join(lines)


def repeat_a_line(text: str, dice: random.Random) -> str:
    lines = _lines(text)
    lines.insert(dice.randrange(len(lines)), dice.choice(lines))
    return "".join(lines)


def indent_a_line(text: str, dice: random.Random) -> str:
    lines = _lines(text)
    number = dice.randrange(len(lines))
    lines[number] = dice.choice(["  ", "\t"]) + lines[number]
    return "".join(lines)


def put_another_shape(text: str, dice: random.Random) -> str:
    places = [index for index, character in enumerate(text) if character == ":"] or [0]
    at = dice.choice(places) + 1
    end = min((index for index in (text.find(stop, at) for stop in ",}\n") if index >= 0), default=len(text))
    return f"{text[:at]} {dice.choice(SHAPES)}{text[end:]}"


def put_another_word(text: str, dice: random.Random) -> str:
    return text.replace(dice.choice(WORDS), dice.choice(WORDS), 1)


def cut_some(text: str, dice: random.Random) -> str:
    at = dice.randrange(len(text) + 1)
    return text[:at] + text[at + dice.randrange(1, 20) :]


def put_a_character(text: str, dice: random.Random) -> str:
    at = dice.randrange(len(text) + 1)
    return text[:at] + dice.choice(ODD) + text[at:]


def put_a_byte(text: str, dice: random.Random) -> str:
    """Bytes that are no text come to the loader as they are: the text is Latin-1 here."""
    at = dice.randrange(len(text) + 1)
    return text[:at] + chr(dice.randrange(256)) + text[at + dice.randrange(2) :]


def mix_in_lines(text: str, dice: random.Random) -> str:
    lines, others = _lines(text), _lines(dice.choice(SEEDS).decode("utf-8", "replace"))
    start, at = dice.randrange(len(others)), dice.randrange(len(lines))
    lines[at : at + dice.randrange(3)] = others[start : start + dice.randrange(1, 8)]
    return "".join(lines)


def change_what_it_holds(text: str, dice: random.Random) -> str:
    """The structure: a value somewhere is left out, moved, doubled, or another one."""
    marked, _ = read_yaml(text, "fuzz.yaml")
    owners = list(_owners(marked.data)) if marked else []
    if marked is None or not owners:
        return put_a_character(text, dice)
    owner, other = dice.choice(owners), dice.choice(owners)
    key = dice.choice(list(owner))
    if dice.random() < 0.3:
        del owner[key]
    else:
        another = other[dice.choice(list(other))]
        owner[key] = dice.choice([another, dice.choice(WORDS), dice.choice(SHAPES), 7, None, []])
    try:
        return json.dumps(marked.data, ensure_ascii=False, default=str)
    except (RecursionError, ValueError):  # the value was put into itself
        return drop_a_line(text, dice)


def _owners(data: object) -> "Iterator[dict[str, object]]":
    if isinstance(data, dict) and data:
        yield data
    for value in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from _owners(value)


WEIGHTS: dict[Mutation, int] = {
    drop_a_line: 3,
    swap_two_lines: 2,
    repeat_a_line: 2,
    indent_a_line: 1,
    put_another_shape: 3,
    put_another_word: 6,
    cut_some: 1,
    put_a_character: 1,
    put_a_byte: 1,
    mix_in_lines: 2,
    change_what_it_holds: 8,
}
MUTATIONS = tuple(WEIGHTS)


def spoilt(dice: random.Random) -> bytes:
    """One rule file that is probably wrong."""
    text = dice.choice(SOUND if dice.random() < 0.7 else SEEDS).decode("utf-8", "replace")
    for mutate in dice.choices(MUTATIONS, list(WEIGHTS.values()), k=dice.choice((1, 1, 2, 3, 5))):
        text = mutate(text, dice)
    return text.encode("latin-1" if dice.random() < 0.02 else "utf-8", "replace")


def check(loaded: Loaded, text: str) -> None:
    """What holds of anything that was loaded."""
    errors = [d for d in loaded.diagnostics if d.level == "error"]
    assert (loaded.rulebook is None) == bool(errors)
    assert len(set(loaded.diagnostics)) == len(loaded.diagnostics)
    last = len(text.splitlines()) + 1
    for diagnostic in loaded.diagnostics:
        assert diagnostic.code in CODES
        assert diagnostic.position.file == "fuzz.yaml"
        assert 1 <= diagnostic.position.line <= last
        assert diagnostic.position.column >= 1
    assert report(loaded.diagnostics, {"fuzz.yaml": text}).count("error[") >= min(len(errors), 1)


def load_spoilt(seed: int, files: int) -> Counter[str]:
    """Load so many files; raises what one of them raises, said with the file."""
    dice, counts = random.Random(seed), Counter[str]()  # noqa: S311 - a repeatable choice, nothing secret
    for number in range(files):
        raw = spoilt(dice)
        began = perf_counter()
        try:
            loaded = load_rulebook(raw, "fuzz.yaml", PROJECT)
            seconds = perf_counter() - began
            check(loaded, raw.decode("utf-8", "replace"))
        except Exception as harm:
            raise AssertionError(f"file {number} of seed {seed} raised {harm!r}: {raw!r}") from harm
        assert seconds < MAX_SECONDS, f"file {number} of seed {seed} took {seconds:.2f} s: {raw!r}"
        counts.update([_kind(loaded), *{found.code for found in loaded.diagnostics}])
        counts["slowest, in ms"] = max(counts["slowest, in ms"], round(seconds * 1000))
    return counts


def _kind(loaded: Loaded) -> str:
    return "refused" if loaded.rulebook is None else "sound, with warnings" if loaded.diagnostics else "sound"


def _memory() -> int:
    return getrusage(RUSAGE_SELF).ru_maxrss * 1024  # Linux counts in KiB


def _batch(seed: int, files: int) -> tuple[Counter[str], int]:
    """The counts of one batch, and how much its process has grown since its first."""
    counts = load_spoilt(seed, files)
    grown = _memory() - _warm.setdefault("memory", _memory())
    assert grown < MAX_GROWTH, f"the process has grown by {grown:,} bytes at seed {seed}"
    return counts, grown


_warm: dict[str, int] = {}


def run(files: int, seed: int) -> tuple[Counter[str], int]:
    """All batches; the counts together, and the most that a process has grown."""
    counts, most = Counter[str](), 0
    sizes = [min(BATCH, files - begun) for begun in range(0, files, BATCH)]
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        for found, grown in pool.map(_batch, count(seed), sizes):
            slowest = max(counts["slowest, in ms"], found["slowest, in ms"])
            counts.update(found)
            counts["slowest, in ms"], most = slowest, max(most, grown)
    return counts, most


def main() -> None:
    files, seed = (int(word) for word in (*sys.argv[1:3], *("1000", "0")[len(sys.argv) - 1 :]))
    began = perf_counter()
    counts, most = run(files, seed)
    for what, number in sorted(counts.items()):
        print(f"{what:<22} {number:>9,}")
    print(f"{files:,} files in {perf_counter() - began:.0f} s, the processes grew by {most / 2**20:.0f} MiB at most")


if __name__ == "__main__":
    main()
