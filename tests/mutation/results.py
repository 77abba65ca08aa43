"""What became of the mutants of a group, and which survivors nobody has argued for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.mutation.ground import mutmut

SURVIVORS = Path(__file__).parent / "survivors.md"
ROW = re.compile(r"^\| `(?P<file>[\w/]+\.py)` (?P<function>\w+) \| `(?P<change>.+)` \| (?P<argument>.+) \|$")
REFUSED = "caught by type check"
CAUGHT = ("killed", "timeout", "segfault")
SENTENCE = re.compile(r"""(["'])(?:(?!\1).)* (?:(?!\1).)*\1""")


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that no test noticed: its file, its function and the line it has in place of ours."""

    file: str
    function: str
    change: str


@dataclass
class Score:
    """The mutants of one file."""

    file: str
    killed: int = 0
    refused: int = 0
    skipped: int = 0
    argued: list[Survivor] = field(default_factory=list)
    open: list[Survivor] = field(default_factory=list)

    @property
    def counted(self) -> int:
        return self.killed + len(self.argued) + len(self.open)

    @property
    def share(self) -> float:
        """The share of the counted mutants that the tests killed; argued ones count as alive."""
        return self.killed / self.counted if self.counted else 1.0

    def __str__(self) -> str:
        counts = f"{self.counted:5} mutants, {self.killed:4} killed ({self.share:6.1%}), {len(self.argued):3} argued"
        return f"{self.file:28} {counts}, {len(self.open):3} open; {self.refused} refused by mypy, {self.skipped} texts"


def argued() -> frozenset[Survivor]:
    """The survivors of `survivors.md`."""
    rows = filter(None, map(ROW.match, SURVIVORS.read_text("utf-8").splitlines()))
    return frozenset(Survivor(row["file"], row["function"], row["change"].replace(r"\|", "|")) for row in rows)


def scores(ground: Path) -> list[Score]:
    """The score of each mutated file of this ground."""
    known, found = argued(), dict[str, Score]()
    for name, status in statuses(ground):
        file = f"{re.split(r'[.]x(?:_|ǁ)', name)[0].replace('.', '/')}.py"
        score = found.setdefault(file, Score(file))
        if status == REFUSED:
            score.refused += 1
        elif status in CAUGHT:
            score.killed += 1
        elif status != "not checked":
            judge(score, name, mutmut(ground, "show", name), known)
    return list(found.values())


def statuses(ground: Path) -> Iterator[tuple[str, str]]:
    """Every mutant by mutmut's name for it, and what became of it in mutmut's words."""
    for line in mutmut(ground, "results", "--all", "true").splitlines():
        name, told, status = line.strip().partition(": ")
        if told:
            yield name, status


def judge(score: Score, name: str, difference: str, known: frozenset[Survivor]) -> None:
    before, after = (changed_line(difference, sign) for sign in "-+")
    if is_wording(before, after):
        score.skipped += 1
        return
    survivor = Survivor(score.file, re.split(r"ǁ|[.]x_", name)[-1].rpartition("__mutmut")[0], after)
    (score.argued if survivor in known else score.open).append(survivor)


def changed_line(difference: str, sign: str) -> str:
    """The changed line as it was ("-") or is ("+"), "" where it is gone."""
    lines = [line for line in difference.splitlines() if line[:1] == sign and line[:3] != sign * 3]
    return lines[0][1:].strip() if lines else ""


def is_wording(before: str, after: str) -> bool:
    """Whether only a sentence, which people read and no program, is spelt otherwise."""
    texts = zip(SENTENCE.finditer(before), SENTENCE.finditer(after), strict=False)
    return SENTENCE.sub("", before) == SENTENCE.sub("", after) and any(a[0] != b[0] for a, b in texts)
