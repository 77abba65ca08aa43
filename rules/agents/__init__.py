"""The kinds of agents there are. To add one: its file, with the agent and its spec, and one entry here."""

from rules.agents.form import FormSpec
from rules.agents.notice import NoticeSpec
from rules.agents.webhook import WebhookSpec
from rules.loading.shape import AgentSpec

AGENTS: tuple[type[AgentSpec], ...] = (NoticeSpec, FormSpec, WebhookSpec)
