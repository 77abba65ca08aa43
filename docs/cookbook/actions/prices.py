"""Functions that the rule files of this folder call with `do: run_python`."""

LEVELS = {"summer": 10, "friend": 15}


def discount(call: dict[str, object]) -> dict[str, object]:
    """The discount, in percent, that the words of a message earn; the outcome `none` where they earn nothing."""
    given = call["with"]
    words = str(given.get("text", "")).lower().split() if isinstance(given, dict) else []
    found = [LEVELS[word] for word in words if word in LEVELS]
    return {"fields": {"discount": max(found)}, "outcome": "found"} if found else {"outcome": "none"}
