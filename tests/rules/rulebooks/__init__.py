"""Rule files as operators write them: `good` ones load without a word, `bad` ones print what stands beside them and
load nothing, `warned` ones load and print what stands beside them.

After a change of wording, `python -m tests.rules.rulebooks` writes the expected texts anew: read the difference.
"""

from pathlib import Path

from rules.loader import Project, ProjectChannel, load_rulebook, report

FOLDER = Path(__file__).parent
GOOD = sorted((FOLDER / "good").glob("*.yaml"))
BAD = sorted((FOLDER / "bad").glob("*.yaml"))
WARNED = sorted((FOLDER / "warned").glob("*.yaml"))
PROJECT = Project(
    {
        "sms": ProjectChannel("sms", "sms", "phone"),
        "slack": ProjectChannel("slack", "slack", "slack"),
    },
    services=frozenset({"crm", "assistant"}),
    functions=frozenset({"scoring.rate"}),
)


def printed(path: Path) -> str:
    """What checking a file prints."""
    raw = path.read_bytes()
    loaded = load_rulebook(raw, path.name, PROJECT)
    return report(loaded.diagnostics, {path.name: raw.decode("utf-8", "replace")})
