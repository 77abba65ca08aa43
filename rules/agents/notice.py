"""Agent `notice`: says one thing and expects no answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from rules.agents.base import Say, Step
from rules.loading.shape import AgentSpec, Message
from rules.loading.site import Site
from rules.names import Scope
from rules.scene import Talk
from rules.templates import Template
from rules.values import Position, ValueType


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Sends ``text``; the communication is complete once it is delivered."""

    name: str
    position: Position
    text: Template

    @property
    def results(self) -> Mapping[str, ValueType]:
        return {}

    @property
    def expects_reply(self) -> bool:
        return False

    @property
    def reply_within(self) -> timedelta | None:
        return None

    def open(self, scope: Scope) -> Step:
        return Step(Talk(), (Say(self.text.render(scope)),), done=True)

    def hear(self, talk: Talk, text: str, scope: Scope) -> Step:
        """An answer that nobody asked for: it says nothing more."""
        return Step(talk, done=True)

    def again(self, talk: Talk, scope: Scope) -> Step:
        return self.open(scope)


class NoticeSpec(AgentSpec):
    """The agent as written."""

    kind: Literal["notice"]
    text: Message

    def build(self, site: Site) -> Notice:
        return Notice(name=site.name, position=site.position, text=site.template(self.text, "text"))
