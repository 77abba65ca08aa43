"""Slack's text format, mrkdwn (docs: "Formatting message text"), in both directions."""

import re

# <https://a.b|label> <mailto:a@b.c|a@b.c> <tel:+49...|...> <@U1> <#C1|name> <!here>
_MARKUP = re.compile(r"<(?P<sigil>[@#!]?)(?P<target>[^<>|]*)(?:\|(?P<label>[^<>]*))?>")
_LEADING_MENTION = re.compile(r"\s*<@[UW][A-Z0-9]*(?:\|[^<>]*)?>")
_SHOWN = {"@": "@", "#": "#", "!": "@", "": ""}


def escape(text: str) -> str:
    """Text that Slack shows as it is: no mention, channel link or ``<!channel>`` in it can come alive."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain(text: str) -> str:
    """What a person typed: links as their label (an e-mail address, a number), the three escapes undone."""
    shown = _MARKUP.sub(_show, text)
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def mentions(text: str, users: frozenset[str]) -> bool:
    """Whether one of ``users`` is mentioned."""
    return any(f"<@{user}>" in text or f"<@{user}|" in text for user in users)


def without_mention(text: str, users: frozenset[str]) -> str:
    """The text without mentions of ``users``; where they aren't known, without the mention it begins with."""
    if not users:
        return _LEADING_MENTION.sub("", text, count=1)
    ours = "|".join(re.escape(user) for user in sorted(users))
    return re.sub(rf"\s*<@(?:{ours})(?:\|[^<>]*)?>", "", text)


def _show(found: re.Match[str]) -> str:
    target = found["target"] if found["sigil"] else found["target"].removeprefix("mailto:").removeprefix("tel:")
    return _SHOWN[found["sigil"]] + (found["label"] or target)
