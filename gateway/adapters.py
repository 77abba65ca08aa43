"""The channels and services of the settings, as adapters that speak to them."""

from collections.abc import Mapping

from pydantic import SecretStr

from channels.base import Channel as Adapter
from channels.slack.adapter import Slack
from channels.twilio.adapter import TwilioSms
from gateway.calls.posting import Service
from gateway.settings import Settings
from gateway.settings_file import SlackSettings, TwilioSettings
from rules.book import Channel
from rules.loader import Project, ProjectChannel

IDENTIFIERS: Mapping[str, str] = {"sms": "phone", "slack": "slack"}  # which identifier is an address on which kind


def project_channels(settings: Settings) -> dict[str, Channel]:
    """The channels of the project as rules see them, by name."""
    kinds = settings.channel_kinds
    return {name: Channel(name=name, kind=kind, identifier=IDENTIFIERS[kind]) for name, kind in kinds.items()}


def rule_project(settings: Settings) -> Project:
    """What rule files may count on in this project."""
    channels = project_channels(settings).values()
    return Project(
        {c.name: ProjectChannel(c.name, c.kind, c.identifier) for c in channels},
        services=frozenset(settings.services),
        functions=frozenset(settings.actions.allow),
    )


def build_services(settings: Settings) -> dict[str, Service]:
    """Who asks each service of the settings, by its name. Opens no connection yet."""
    return {name: Service(name, service) for name, service in settings.services.items()}


def build_adapters(settings: Settings) -> dict[str, Adapter]:
    """One adapter for each channel of the settings, by name. Opens no connection yet."""
    return {name: build_adapter(name, channel, settings) for name, channel in settings.channels.items()}


def build_adapter(name: str, channel: TwilioSettings | SlackSettings, settings: Settings) -> Adapter:
    if isinstance(channel, TwilioSettings):
        return TwilioSms(
            name=name,
            account_sid=channel.account_sid,
            auth_tokens=secrets(channel.auth_token, channel.auth_token_previous),
            sender=channel.messaging_service_sid or channel.sender or "",
            public_url=settings.public_url,
            api_url=channel.api_url or "",
        )
    return Slack(
        name=name,
        signing_secrets=secrets(channel.signing_secret, channel.signing_secret_previous),
        bot_token=channel.bot_token.get_secret_value(),
        team=channel.team,
        app_id=channel.app_id,
        api_url=channel.api_url or "",
    )


def secrets(current: SecretStr, previous: SecretStr | None) -> tuple[str, ...]:
    """The current secret and, while it is being rotated, the previous one."""
    return tuple(secret.get_secret_value() for secret in (current, previous) if secret)
