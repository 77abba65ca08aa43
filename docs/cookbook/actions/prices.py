"""Functions that the rule files of this folder call with `do: run_python`."""

LEVELS = {"summer": 10, "friend": 15}
MOST_WORDS = 20  # of a message that may hold a code


def discount(call: dict[str, object]) -> dict[str, object]:
    """The discount, in percent, that the words of a message earn; the outcome `none` where they earn nothing. Raises
    ValueError for more than `MOST_WORDS` words."""
    given = call["with"]
    words = str(given.get("text", "")).lower().split() if isinstance(given, dict) else []
    if len(words) > MOST_WORDS:
        raise ValueError("too long to hold a code")
    found = [LEVELS[word] for word in words if word in LEVELS]
    return {"fields": {"discount": max(found)}, "outcome": "found"} if found else {"outcome": "none"}
