"""The opt-out words Twilio acts on by itself (docs: "Twilio support for opt-out keywords")."""

STOP_WORDS = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
START_WORDS = frozenset({"start", "yes", "unstop"})
HELP_WORDS = frozenset({"help", "info"})

_CONSENT = {
    **dict.fromkeys(STOP_WORDS, "stop"),
    **dict.fromkeys(START_WORDS, "start"),
    **dict.fromkeys(HELP_WORDS, "help"),
}


def consent_of(text: str, opt_out_type: str = "") -> str:
    """stop, start, help or "": what Twilio made of a message.

    ``opt_out_type`` is its own word for it (Advanced Opt-Out); without it, a text that is one reserved word.
    """
    return _CONSENT.get((opt_out_type or text).strip().casefold(), "")
