"""What a verified webhook of Slack is: kept for later, answered at once, or not ours."""

import json
from dataclasses import dataclass
from hashlib import sha256

from channels.base import Answer, KeptRequest, Received, WebhookRequest
from channels.errors import WebhookRefused
from channels.slack.body import CONTENT_TYPES, JSON_TYPE, Body, parse, section, word
from channels.slack.shape import check
from channels.text import keepable

MAX_KEY = 200


@dataclass(frozen=True, slots=True)
class Door:
    """Lets in the requests of one app and one team ("": any), each kept under the key Slack repeats it with."""

    team: str = ""
    app: str = ""

    def admit(self, request: WebhookRequest) -> Received:
        """What a request brings whose signature is right. Raises `WebhookRefused`: 403 not ours, 400 malformed."""
        try:
            text = _text(request)
            body = parse(request.route, text)
            return self._received(request.route, text, body)
        except ValueError as error:
            raise WebhookRefused(400, str(error)) from None

    def _received(self, route: str, text: str, body: Body) -> Received:
        if word(body, "type") == "url_verification":
            return _challenge(body)
        if "ssl_check" in body:
            return Received()
        if (self.team and self.team not in _teams(body)) or (self.app and self.app != word(body, "api_app_id")):
            raise WebhookRefused(403, "not our app or team")
        if route == "events" and (word(body, "type") != "event_callback" or _of_a_bot(body)):
            return Received()
        check(route, body)
        return Received((KeptRequest(_key(route, text, body), _user(route, body), route, text),))


def _text(request: WebhookRequest) -> str:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method != "POST" or content_type != CONTENT_TYPES[request.route]:
        raise ValueError(f"only POST with {CONTENT_TYPES[request.route]} is taken")
    text = request.body.decode()
    if "\x00" in text:
        raise ValueError("NUL in the body")
    return text


def _of_a_bot(body: Body) -> bool:
    """Whether a bot said it, ourselves included: Slack sends us each post of ours again."""
    return bool(word(section(body, "event"), "bot_id"))


def _challenge(body: Body) -> Received:
    challenge = word(body, "challenge")
    return Received((), Answer(200, JSON_TYPE, json.dumps({"challenge": challenge}).encode()))


def _teams(body: Body) -> list[str]:
    """The team a request is about; in a channel shared with another company, the team it was delivered for too."""
    teams, team = [word(body, "team_id")], body.get("team")
    if isinstance(team, dict):
        teams.append(word(team, "id"))
    if body.get("is_ext_shared_channel") is True:
        teams.append(word(body, "context_team_id"))
    return teams


def _key(route: str, text: str, body: Body) -> str:
    key = word(body, "event_id") if route == "events" else _interaction_key(body)
    if route == "events" and not key:
        raise ValueError("no event_id")
    if len(key) > MAX_KEY:
        raise ValueError(f"a key of {len(key)} characters, at most {MAX_KEY} are taken")
    return keepable(key) or sha256(text.encode()).hexdigest()


def _interaction_key(body: Body) -> str:
    """The trigger of a click or command; "" for the rest (a closed view has none), which Slack never repeats."""
    trigger = word(body, "trigger_id")
    actions = body.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else {}
    acted = word(first, "action_ts")  # an object, since `check` has let it pass
    return f"{trigger}:{acted}" if trigger and acted else trigger


def _user(route: str, body: Body) -> str:
    if route == "events":
        return keepable(word(section(body, "event"), "user"))
    if route == "actions":
        return keepable(word(section(body, "user"), "id"))
    return keepable(word(body, "user_id"))
