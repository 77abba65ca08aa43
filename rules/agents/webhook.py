"""Agent `webhook`: a service of the settings holds the talk. Each message is a call to it, and its answers are said."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from pydantic import Field as Key

from rules.agents.base import Say, Step
from rules.agents.replies import read_reply
from rules.book import Field
from rules.calling import handed_over, json_values
from rules.loading.naming import check_result_key, check_values
from rules.loading.shape import AgentSpec, Duration, FieldType, Message, Spec, Words
from rules.loading.site import Site
from rules.marks import Path
from rules.names import NameInfo, Scope
from rules.scene import Talk
from rules.templates import Template
from rules.values import Position, ValueType

DEFAULT_REPLY_WITHIN = timedelta(hours=24)
MAX_RESULTS = 50
MAX_VALUES = 200  # of one result that is an enumeration
MAX_PENDING = 20  # messages that wait while the service is asked


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """One call at a time: what the person writes meanwhile waits. ``recorded`` are the results, as fields;
    ``sorry`` is said when the service could not answer; ``reply_within`` is how long a person may take."""

    name: str
    position: Position
    service: str
    recorded: Mapping[str, Field]
    opening: Template | None = None
    sorry: Template | None = None
    reply_within: timedelta = DEFAULT_REPLY_WITHIN

    @property
    def results(self) -> Mapping[str, ValueType]:
        return {name: field.type for name, field in self.recorded.items()}

    @property
    def expects_reply(self) -> bool:
        return True

    def open(self, scope: Scope) -> Step:
        """The opening; without one the service is asked what to say."""
        return self.again(Talk(), scope)

    def hear(self, talk: Talk, text: str, scope: Scope) -> Step:
        """Asks the service, once it has answered what was asked before."""
        if talk.asked and len(talk.pending) == MAX_PENDING:
            return Step(talk, note=f"{MAX_PENDING} messages wait for the service {self.service}: this one is left out")
        heard = replace(talk, pending=(*talk.pending, handed_over(text)))
        return Step(heard) if talk.asked else self._ask_next(heard)

    def again(self, talk: Talk, scope: Scope) -> Step:
        """Begins once more, with what is recorded, or goes on with what waits; nothing while the service is asked."""
        if talk.asked:
            return Step(talk)
        if talk.pending:
            return self._ask_next(talk)
        return self._ask(talk, None) if self.opening is None else Step(talk, (Say(self.opening.render(scope)),))

    def answered(self, talk: Talk, answer: Mapping[str, object], scope: Scope) -> Step:
        """Says and records what the service answered; results that it does not name stay as they are."""
        reply = read_reply(answer, self.recorded, scope)
        went_on = replace(talk, asked="", results={**talk.results, **reply.results})
        if reply.end:
            return Step(replace(went_on, pending=()), reply.says, done=True, note=reply.note)
        return replace(self._ask_next(went_on), says=reply.says, note=reply.note)

    def unanswered(self, talk: Talk, scope: Scope) -> Step | None:
        """Says sorry, once nothing else is to be asked, and waits for the person again; None without a `sorry`."""
        if self.sorry is None:
            return None
        went_on = replace(talk, asked="")
        return self._ask_next(went_on) if talk.pending else Step(went_on, (Say(self.sorry.render(scope)),))

    def _ask_next(self, talk: Talk) -> Step:
        if not talk.pending:
            return Step(talk)
        return self._ask(replace(talk, pending=talk.pending[1:]), talk.pending[0])

    def _ask(self, talk: Talk, message: str | None) -> Step:
        return Step(talk, asks={"results": json_values(talk.results), "message": message})


class ResultSpec(Spec):
    """One entry of `results` as written."""

    type: FieldType = "string"
    values: list[Words] = Key(default=[], max_length=MAX_VALUES)


class WebhookSpec(AgentSpec):
    """The agent as written."""

    kind: Literal["webhook"]
    service: str
    opening: Message | None = None
    recorded: dict[str, ResultSpec] = Key(default={}, alias="results", max_length=MAX_RESULTS)
    sorry: Message | None = None
    reply_within: Duration = DEFAULT_REPLY_WITHIN

    def results(self) -> list[tuple[Path, str, NameInfo]]:
        return [
            (("results", name), name, NameInfo(ValueType(result.type), tuple(result.values)))
            for name, result in self.recorded.items()
        ]

    def build(self, site: Site) -> Webhook:
        return Webhook(
            name=site.name,
            position=site.position,
            service=site.service(self.service, "service"),
            recorded={name: _recorded(site, name, spec) for name, spec in self.recorded.items()},
            opening=site.optional_template(self.opening, "opening"),
            sorry=site.optional_template(self.sorry, "sorry"),
            reply_within=self.reply_within,
        )


def _recorded(site: Site, name: str, spec: ResultSpec) -> Field:
    path = (*site.path, "results", name)
    check_result_key(site.mistakes, path)
    if site.whole:
        check_values(site.mistakes, spec.type, spec.values, path)
    position = site.mistakes.marked.key(path).position
    return Field(name=name, type=ValueType(spec.type), values=tuple(spec.values), position=position)
