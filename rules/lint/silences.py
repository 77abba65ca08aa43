"""W313: a comment that is to silence a warning which there is not, so that it silences nothing."""

from rules.diagnostics import CODES, did_you_mean
from rules.lint.ground import Ground

CODE = "W313"


def check_silences(ground: Ground) -> None:
    """Notes each code in a comment that is that of no warning."""
    for silence in ground.notes.silences:
        if not silence.known:
            ground.notes.at(
                silence.start, silence.end, CODE, f'there is no warning "{silence.code}"', _hint(silence.code)
            )


def _hint(code: str) -> str:
    if code.startswith("E"):
        return "an error is not silenced: mend what it tells"
    return did_you_mean(code, (known for known in CODES if known.startswith("W")))
