"""Attacks in rule files: whatever one holds, the loader says where it is wrong, within bounds of time and memory."""

import re
import tracemalloc
from collections.abc import Iterator

import pytest

from rules.diagnostics import CODES, MAX_FOUND
from rules.loader import load_rulebook, report
from tests.rules.rulebooks import PROJECT
from tests.rules.watchdog import watched

FULL = 1_000_000  # characters: nearly as many as are read
MEMORY = 50_000_000  # bytes, however much the file makes of itself
STEERS_A_TERMINAL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]")

YAML: dict[str, tuple[str | bytes, str]] = {
    # what stands for more than it is
    "a billion laughs": ("a: &a [lol]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]", "1:4 E105"),
    "an alias of itself": ("a: &a [*a]", "1:4 E105"),
    "an alias alone": ("campaign: *x", "1:11 E105"),
    "an anchor on a key": ("&a campaign: x", "1:1 E105"),
    "a merge": ("a: 1\n<<: {b: 2}", "2:1 E107"),
    "a merge of an alias": ("a: 1\n<<: *x", "2:5 E105"),
    "a Python object": ("a: !!python/object/apply:os.system [id]", "1:4 E105"),
    "a Python name": ("campaign: !!python/name:os.system", "1:11 E105"),
    "a timestamp": ("campaign: !!timestamp 2027-01-01", "1:11 E105"),
    "binary data": ("campaign: !!binary aGk=", "1:11 E105"),
    "a set": ("campaign: !!set {a, b}", "1:11 E105"),
    "a tag of one's own": ("campaign: !include /etc/passwd", "1:11 E105"),
    "a tag of a tag": ("%TAG ! tag:evil,2027:\n---\ncampaign: !x y", "3:11 E105"),
    "a version to come": ("%YAML 9.9\n---\ncampaign: x", "1:1 E101"),
    # keys
    "a list as a key": ("? [1, 2]\n: x", "1:3 E101"),
    "a mapping as a key": ("{{a: b}: c}", "1:2 E101"),
    "the same key, quoted otherwise": ("campaign: x\n'campaign': y", "2:1 E104"),
    "the same key, escaped": ('campaign: x\n"c\\x61mpaign": y', "2:1 E104"),
    "an empty key": ("campaign: x\n'': y", "2:1 E107"),
    "a key without end": ("? " + "a" * FULL + "\n: x", "1:3 E107"),
    "a key of a prototype": ("__proto__: {admin: true}", "1:1 E107"),
    # values
    "a number of 100,000 digits": ("flows: {}\ncampaign: " + "9" * 100_000, "2:11 E111"),
    "a number in octal": ("flows: {}\ncampaign: 0o17", "2:11 E111"),
    "infinity": ("flows: {}\ncampaign: .inf", "2:11 E111"),
    "no number": ("flows: {}\ncampaign: .nan", "2:11 E111"),
    "a time as a number to the base 60": ("flows: {}\ncampaign: 12:30:45", "2:11 E111"),
    "an hour as a number": ("campaign: x\ncontact: {quiet_hours: 1230}", "2:24 E109"),
    "a scalar without end": ("flows: {}\ncampaign: " + "a" * FULL, "2:11 E111"),
    "escapes without end": ('flows: {}\ncampaign: "' + "\\x41" * 200_000 + '"', "2:11 E111"),
    "lines without end": ("flows: {}\ncampaign: |\n" + "  a\n" * 200_000, "2:11 E111"),
    "half a surrogate pair": ('campaign: "\\ud800"', "1:14 E101"),
    "an escape past Unicode": ('campaign: "\\UFFFFFFFF"', "1:14 E101"),
    # characters
    "a null": ("campaign: x\x00", "1:12 E102"),
    "a null, escaped": ('flows: {}\ncampaign: "x\\0"', "2:11 E111"),
    "an escape sequence of a terminal": ("campaign: \x1b[2J", "1:11 E102"),
    "an escape sequence of a terminal, escaped": ('flows: {}\ncampaign: "\\e[2J\\r"', "2:11 E111"),
    "UTF-16": ("campaign: x".encode("utf-16"), "1:1 E102"),
    "UTF-32": ("campaign: x".encode("utf-32-be"), "1:1 E102"),
    "UTF-7": (b"flows: {}\ncampaign: +AGEAYg-", "2:11 E111"),
    "overlong UTF-8": (b"campaign: \xc0\xaf", "1:11 E102"),
    "a tab": ("campaign: x\nflows:\n\ta: b", "3:1 E101"),
    "a line that ends otherwise (NEL)": ("campaign: x\x85extra: 1", "2:1 E107"),
    "a line that ends otherwise (LS)": ("campaign: x\u2028extra: 1", "2:1 E107"),
    "a line that ends otherwise (CR)": ("campaign: x\rextra: 1", "2:1 E107"),
    "an anchor in a comment": ("extra: 1 # &a *a !!python/object", "1:1 E107"),
    # size and depth
    "two documents": ("campaign: x\n---\ncampaign: y", "2:1 E101"),
    "documents without end": ("---\n" * 250_000, "2:1 E101"),
    "lists without end": ("[" * FULL, "1:31 E103"),
    "mappings without end": ("{a: " * 250_000, "1:121 E103"),
    "dashes without end": ("- " * 500_000, "1:61 E103"),
    "question marks without end": ("? " * 500_000, "1:3 E101"),
    "indents without end": ("".join(" " * depth + "a:\n" for depth in range(1_400)), "31:31 E103"),
    "values without end": ("[" + "1," * 490_000, "1:100000 E103"),
    "keys without end": ("\n".join(f"k{number}:" for number in range(90_000)), "50000:8 E103"),
    "one key without end": ("a:\n" * 330_000, "50000:3 E103"),
    "quotes without end": ('"' * FULL, "1:1 E101"),
    "anchors without end": ("&" * FULL, "1:2 E101"),
    "tags without end": ("!" * FULL, "1:1 E105"),
    "directives without end": ("%YAML 1.1\n" * 100_000, "2:1 E101"),
    "comments without end": ("#" * FULL, "1:1 E100"),
    "blank lines without end": ("\n" * FULL, "1:1 E100"),
    "blanks without end": (" " * FULL, "1:1 E100"),
    "more bytes than are read": ("é" * FULL, "1:1 E103"),
}


def fields(written: str) -> str:
    return f"campaign: x\nfields: {{n: {{type: integer}}}}\n{written}"


def nodes(written: str) -> str:
    return fields(f"flows:\n  f:\n    begin: {{when: participant_created, next: a}}\n{written}")


def node(written: str) -> str:
    return nodes("    a: {" + written + "}")


def webhook(written: str) -> str:
    return node("do: call_webhook, service: crm, " + written)


def agent(written: str) -> str:
    return fields("agents: {g: {" + written + "}}")


def question(written: str) -> str:
    return agent("kind: form, questions: [{result: r, ask: x, " + written + "}]")


def several(entry: str, count: int = 40_000) -> str:
    return ", ".join(entry.replace("%", str(number)) for number in range(count))


def each_node(written: str, count: int) -> str:
    return nodes("".join(f"    n{number}: {{{written}}}\n" for number in range(count)))


LONG_VALUES = "e: {type: enumeration, values: [" + several("v" * 400 + "%", 200) + "]}"
LANGUAGE = {
    "a pattern of nested repeats": (question("pattern: (a+)+$"), "E109"),
    "a pattern of hidden repeats": (question("pattern: 'a{,}a{,}a{,}b'"), "E109"),
    "a pattern without end": (question("pattern: " + "a" * FULL), "E109"),
    "an infinite bound": (question("type: integer, min: 1e999"), "E109"),
    "a bound that is no number": (question("type: numeric, max: .nan"), "E109"),
    "a bound of 100,000 digits": (question("type: integer, min: " + "9" * 100_000), "E109"),
    "retries without end": (question("retries: 999999999999999999"), "E112"),
    "choices without end": (question("type: enumeration, values: [" + several("c%") + "]"), "E112"),
    "a result called like a prototype": (agent("kind: webhook, service: crm, results: {__proto__: {}}"), "E111"),
    "results without end": (agent("kind: webhook, service: crm, results: {" + several("r%: {}", 9_000) + "}"), "E112"),
    "questions without end": (agent("kind: form, questions: [" + several("{a%: 1}", 20_000) + "]"), "E112"),
    "an `of` without end": (node("when: communication_ended, of: [" + several("n%") + "]"), "E112"),
    "cases without end": (node("switch: n, cases: {" + several("%: a") + "}"), "E112"),
    "takes without end": (node("when: from_another_flow, takes: {" + several("t%: 1") + "}"), "E112"),
    "a `takes` that is a word of Python": (node("when: from_another_flow, takes: {class: {type: string}}"), "E208"),
    "`with` without end": (webhook("with: {" + several("w%: 1") + "}"), "E112"),
    "a `with` called like a prototype": (webhook("with: {__proto__: 1}"), "E111"),
    "a value within `with`": (webhook("with: {w: {expr: {expr: n}}}"), "E106"),
    "outcomes without end": (webhook("cases: {" + several("w%: a") + "}"), "E112"),
    "a service that is an address": (node("do: call_webhook, service: 'http://169.254.169.254/'"), "E214"),
    "a function of Python": (node("do: run_python, function: os.system"), "E215"),
    "a function of a parent folder": (node("do: run_python, function: ../../evil.run"), "E215"),
    "conditions without end": (node("if: {all: [" + several("n > %") + "]}, match: a"), "E112"),
    "conditions within conditions": (node("if: {all: [{any: [{none: [n > 1]}]}]}, match: a"), "E106"),
    "retries of a talk without end": (node("do: communicate, retries: {after: [" + several("4h") + "]}"), "E112"),
    "fallbacks without end": (node("do: communicate, fallback: [" + several("sms") + "]"), "E112"),
    "a delay without end": (node("do: wait, for: 999999w, next: a"), "E112"),
    "a delay of 100,000 digits": (node("do: wait, for: " + "9" * 100_000 + "d, next: a"), "E109"),
    "hours past the day": (fields("contact: {quiet_hours: '20:00-99:99'}"), "E109"),
    "hours without end": (fields("contact: {quiet_hours: [" + several("20:00-08:00") + "]}"), "E112"),
    "holidays without end": (fields("contact: {holidays: [" + several("12-25") + "]}"), "E112"),
    "a holiday that never comes": (fields("contact: {holidays: [02-30]}"), "E109"),
    "quiet on all days": (fields("contact: {quiet_days: mon-sun}"), "E109"),
    "a pace of 100,000 digits": (fields("contact: {pace: " + "9" * 100_000 + "}"), "E112"),
    "a field called like a function": (fields("flows: {}").replace("n:", "now:"), "E208"),
    "a field called like a prototype": (fields("flows: {}").replace("n:", "__proto__:"), "E111"),
    "fields without end": ("campaign: x\nfields: {" + several("f%: 1") + "}", "E112"),
    "channels without end": (fields("channels: {" + several("c%: 1") + "}"), "E112"),
    "unknown keys without end": (node("do: finish, " + several("nex%: 1")), "E107"),
    "unknown names without end": (each_node("match: a, if: " + " or ".join(["foo == 1"] * 30), 1_900), "E401"),
    "unknown values without end": (each_node("do: reply, text: '" + "{{ foo }}" * 190 + "'", 400), "E501"),
    "a hint as long as the file": (
        each_node("match: a, if: " + " or ".join(["e == 1"] * 40), 1_000).replace("n: {type: integer}", LONG_VALUES),
        "E401",
    ),
}


@pytest.fixture(autouse=True)
def _watched() -> Iterator[None]:
    with watched():
        yield


def told(text: str | bytes) -> list[str]:
    """The places and codes of what is wrong with a file; printed, it is short and shows nothing that harms."""
    loaded = load_rulebook(text, "a.yaml", PROJECT)
    printed = report(loaded.diagnostics, {"a.yaml": text if isinstance(text, str) else text.decode("utf-8", "replace")})

    assert loaded.rulebook is None
    assert len(loaded.diagnostics) <= MAX_FOUND + 1
    assert len(printed) < 1_000 * (len(loaded.diagnostics) + 1)
    assert not STEERS_A_TERMINAL.search(printed)
    assert {found.code for found in loaded.diagnostics} <= set(CODES)
    return [f"{found.position.line}:{found.position.column} {found.code}" for found in loaded.diagnostics]


@pytest.mark.parametrize(("text", "place"), [pytest.param(*of, id=name) for name, of in YAML.items()])
def test_an_attack_by_yaml_is_told_at_its_place(text: str | bytes, place: str) -> None:
    assert place in told(text)


@pytest.mark.parametrize(("text", "code"), [pytest.param(*of, id=name) for name, of in LANGUAGE.items()])
def test_an_attack_by_keys_of_the_language_is_told(text: str, code: str) -> None:
    assert code in {found.partition(" ")[2] for found in told(text)}


def test_what_is_told_takes_little_memory_however_long_a_hint_may_be() -> None:
    tracemalloc.start()
    try:
        load_rulebook(LANGUAGE["a hint as long as the file"][0], "a.yaml", PROJECT)
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()
