"""What became of the mutants of a group, and which survivors nobody has argued for."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from tests.mutation.ground import mutmut
from tests.mutation.groups import Group

SURVIVORS = Path(__file__).parent / "survivors.md"
ROW = re.compile(r"^\| `(?P<file>[\w/]+\.py)` (?P<function>\w+) \| `(?P<change>.+)` \| (?P<argument>.+) \|$")
REFUSED = "caught by type check"
CAUGHT = ("killed", "timeout", "segfault")
UNTRIED = "not checked"
LIVED = ("survived", "no tests", "suspicious")
SENTENCE = re.compile(r"""(["'])(?:(?!\1).)* (?:(?!\1).)*\1""")


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that no test noticed: its file, its function and the line it has in place of ours."""

    file: str
    function: str
    change: str


@dataclass
class Score:
    """The mutants of a file, or of all files of a group."""

    name: str
    killed: int = 0
    refused: int = 0
    skipped: int = 0
    untried: int = 0
    argued: list[Survivor] = field(default_factory=list)
    open: list[Survivor] = field(default_factory=list)

    @property
    def counted(self) -> int:
        return self.killed + len(self.argued) + len(self.open) + self.untried

    @property
    def share(self) -> float:
        """The share of the counted mutants that the tests killed; argued ones count as alive."""
        return self.killed / self.counted if self.counted else 1.0

    def __str__(self) -> str:
        counts = f"{self.counted:5} mutants, {self.killed:4} killed ({self.share:6.1%}), {len(self.argued):3} argued"
        left = f"{len(self.open):3} open" + (f", {self.untried} not tried" if self.untried else "")
        return f"{self.name:28} {counts}, {left}; {self.refused} refused by mypy, {self.skipped} texts"


def summed(name: str, scores: Sequence[Score]) -> Score:
    """All of them together, by this name."""
    total = Score(name)
    for one in scores:
        total.killed += one.killed
        total.refused += one.refused
        total.skipped += one.skipped
        total.untried += one.untried
        total.argued += one.argued
        total.open += one.open
    return total


def argued() -> frozenset[Survivor]:
    """The survivors of `survivors.md`."""
    rows = filter(None, map(ROW.match, SURVIVORS.read_text("utf-8").splitlines()))
    return frozenset(Survivor(row["file"], row["function"], row["change"].replace(r"\|", "|")) for row in rows)


def needless(found: Sequence[Score]) -> list[Survivor]:
    """What is argued for in these files and did not live: the row can go."""
    files, alive = {score.name for score in found}, {one for score in found for one in score.argued}
    return [one for one in argued() if one.file in files and one not in alive]


def scores(ground: Path, group: Group) -> list[Score]:
    """The score of each mutated file of this ground."""
    known, found = argued(), dict[str, Score]()
    for name, status in statuses(ground, group):
        file = f"{re.split(r'[.]x(?:_|ǁ)', name)[0].replace('.', '/')}.py"
        score = found.setdefault(file, Score(file))
        if status == REFUSED:
            score.refused += 1
        elif status in CAUGHT:
            score.killed += 1
        elif status == UNTRIED:
            score.untried += 1
        else:
            judge(score, file, name, mutmut(ground, "show", name), known)
    return list(found.values())


def statuses(ground: Path, group: Group) -> Iterator[tuple[str, str]]:
    """Every mutant of the group by mutmut's name for it, and what became of it in mutmut's words."""
    for line in mutmut(ground, "results", "--all", "true").splitlines():
        name, told, status = line.strip().partition(": ")
        if told and any(fnmatchcase(name, pattern) for pattern in group.functions or ("*",)):
            yield name, status


def judge(score: Score, file: str, name: str, difference: str, known: frozenset[Survivor]) -> None:
    before, after = (changed_line(difference, sign) for sign in "-+")
    if is_wording(before, after):
        score.skipped += 1
        return
    survivor = Survivor(file, re.split(r"ǁ|[.]x_", name)[-1].rpartition("__mutmut")[0], after)
    (score.argued if survivor in known else score.open).append(survivor)


def changed_line(difference: str, sign: str) -> str:
    """The changed line as it was ("-") or is ("+"), "" where it is gone."""
    lines = [line for line in difference.splitlines() if line[:1] == sign and line[:3] != sign * 3]
    return lines[0][1:].strip() if lines else ""


def is_wording(before: str, after: str) -> bool:
    """Whether only a sentence, which people read and no program, is spelt otherwise."""
    texts = zip(SENTENCE.finditer(before), SENTENCE.finditer(after), strict=False)
    return SENTENCE.sub("", before) == SENTENCE.sub("", after) and any(a[0] != b[0] for a, b in texts)
