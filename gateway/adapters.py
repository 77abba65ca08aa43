"""The channels and services of the settings, as adapters that speak to them."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from pydantic import SecretStr

from channels.base import Channel as Adapter
from channels.slack.adapter import Slack
from channels.twilio.adapter import TwilioSms
from gateway.addresses import is_loopback
from gateway.calls.outcomes import Desk
from gateway.calls.posting import NeverAsked, Service
from gateway.hooks.posting import Hook
from gateway.settings import Settings
from gateway.settings_file import SlackSettings, TwilioSettings
from gateway.settings_sentences import variable
from rules.book import Channel
from rules.loader import Project, ProjectChannel

ELSEWHERE = "{} is not on this machine, and the sandbox asks nobody else: set {} to a stand-in at http://127.0.0.1"
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


def build_services(settings: Settings) -> dict[str, Desk]:
    """Who asks each service of the settings, by its name. Opens no connection yet.

    In the sandbox nothing leaves this machine: its people are made up, but the fields of a contact list may be real,
    and a service takes its calls for real ones.
    """
    services: dict[str, Desk] = {name: Service(name, service) for name, service in settings.services.items()}
    away = {name: NeverAsked(ELSEWHERE.format(name, url_of(name))) for name in elsewhere(settings)}
    return services | away


def build_hooks(settings: Settings) -> dict[str, Hook]:
    """Whom we tell, by name; in the sandbox only those on this machine, for nothing leaves it then."""
    told = {
        name: hook
        for name, hook in settings.hooks.items()
        if not settings.sandbox or is_loopback(urlsplit(hook.url).hostname or "")
    }
    return {name: Hook(name, hook) for name, hook in told.items()}


def elsewhere(settings: Settings) -> list[str]:
    """In the sandbox, the services that are not on this machine."""
    urls = {name: urlsplit(service.url) for name, service in settings.services.items() if settings.sandbox}
    return [name for name, url in urls.items() if not is_loopback(url.hostname or "")]


def url_of(service: str) -> str:
    """The variable of a service's address."""
    return variable(("services", service, "url"))


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
