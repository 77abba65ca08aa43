"""What Slack says of the bot's token (docs: auth.test; the scopes stand in the header X-OAuth-Scopes).

Where Slack sends its requests only its console tells.
"""

from collections.abc import Mapping
from typing import Any

from channels.examining import Examination, moment_of
from channels.slack.failures import RAISED, explain
from channels.slack.pages import Web

NEEDED = ("chat:write", "im:history", "im:write")  # without them the bot can't talk to people


class Examiner:
    """Asks about one bot, that of the workspace ``team``."""

    def __init__(self, web: Web, team: str) -> None:
        self._web, self._team = web, team

    async def examine(self) -> Examination:
        """As `channels.base.Channel.examine` says; one request."""
        try:
            told = await self._web.open().auth_test()
            team, user = named(told, "team_id"), named(told, "user_id")
            headers = {name.lower(): str(value) for name, value in told.headers.items()}
        except RAISED as error:
            raise explain(error) from error
        doubts = (*self._doubts_of_team(team), *doubts_of_scopes(headers))
        return Examination(f"workspace {team}, bot {user}", moment_of(headers.get("date")), {}, doubts)

    def _doubts_of_team(self, team: str) -> tuple[str, ...]:
        if self._team in ("", team) or self._team.startswith("E"):  # a token of an organization names one workspace
            return ()
        return (f"the token is for workspace {team}, but team is {self._team}: webhooks of {team} are refused",)


def named(told: Any, key: str) -> str:
    """An id in the answer. Raises ValueError where there is none."""
    if not isinstance(value := told[key], str) or not value:
        raise ValueError(f"the answer names no {key}")
    return value


def doubts_of_scopes(headers: Mapping[str, str]) -> tuple[str, ...]:
    """What the token lacks, where Slack tells its scopes."""
    scopes = {scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",")} - {""}
    missing = [scope for scope in NEEDED if scope not in scopes] if scopes else []
    return (f"the token lacks {', '.join(missing)}: add them to the app and install it anew",) if missing else ()
