"""The form of `pointsman.toml` and its environment variables. Pydantic stays behind this border."""

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from gateway.addresses import checked_address, checked_network, may_be_public, whole_address
from gateway.hooks.kinds import HookEvent
from gateway.hooks.signing import secret_bytes
from gateway.roles import checked_role, split_roles

MIN_SECRET_LENGTH = 16
MAX_MESSAGES_PER_SECOND = 1000.0
MAX_CALLS_PER_MINUTE = 60_000
MAX_REQUESTS_PER_MINUTE = 1_000_000
LONGEST_CALL = 60.0  # seconds
MAX_AT_ONCE = 50  # deliveries
LONGEST_SWEEP = 1440.0  # minutes: a day
MAX_MEMORY_MB = 65_536
LONGEST_RETENTION = 36_500  # days
MIN_MEMORY_MB = 128  # below this a process hardly comes up
SECRET_KEYS = (
    "api_token",
    "auth_token",
    "auth_token_previous",
    "signing_secret",
    "signing_secret_previous",
    "bot_token",
    "secret",
    "secret_previous",
)
FORM = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def wrong(reason: str) -> PydanticCustomError:
    return PydanticCustomError("pointsman", "{reason}", {"reason": reason})


def long_enough(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not text.strip():
        raise wrong("is empty: give it its value, or remove it where it is optional")
    if text != text.strip() or not text.isprintable():
        raise wrong("has blanks or line ends around it: set it without them")
    if len(text) < MIN_SECRET_LENGTH:
        raise wrong(f"is too short: it has {len(text)} characters and needs at least {MIN_SECRET_LENGTH}")
    return secret


def matching(pattern: str, reason: str) -> AfterValidator:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise wrong(reason)
        return text

    return AfterValidator(check)


def no_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise wrong("must be a number")
    return value


def in_own_words(check: Callable[[str], str]) -> Callable[[str], str]:
    def checked(text: str) -> str:
        try:
            return check(text)
        except ValueError as error:
            raise wrong(str(error)) from None

    return checked


def hook_secret(secret: SecretStr) -> SecretStr:
    try:
        secret_bytes(secret.get_secret_value())
    except ValueError as error:
        raise wrong(f"{error}: `openssl rand -base64 32` makes one, after its prefix") from None
    return secret


Secret = Annotated[SecretStr, AfterValidator(long_enough)]
WebAddress = Annotated[str, AfterValidator(in_own_words(checked_address))]
HookSecret = Annotated[SecretStr, AfterValidator(long_enough), AfterValidator(hook_secret)]
Rate = Annotated[float, BeforeValidator(no_bool), Field(gt=0, le=MAX_MESSAGES_PER_SECOND, allow_inf_nan=False)]
Minutes = Annotated[float, BeforeValidator(no_bool), Field(ge=0, le=LONGEST_SWEEP, allow_inf_nan=False)]
Seconds = Annotated[float, BeforeValidator(no_bool), Field(gt=0, le=LONGEST_CALL, allow_inf_nan=False)]
Days = Annotated[int, BeforeValidator(no_bool), Field(ge=1, le=LONGEST_RETENTION)]
ServiceAddress = Annotated[str, AfterValidator(in_own_words(whole_address))]
FunctionName = Annotated[
    str, matching(r"[A-Za-z_]\w*\.[A-Za-z_]\w*", 'must be a file and a function in it, such as "scoring.rate"')
]
NetworkText = Annotated[str, AfterValidator(in_own_words(checked_network))]
RoleName = Annotated[str, AfterValidator(in_own_words(checked_role))]
Sender = Annotated[
    str,
    matching(
        r"\+[1-9][0-9]{6,14}|[0-9]{3,8}|[A-Za-z0-9 ]{1,11}",
        'must be a number such as "+15550001111", a short code or a sender name of at most 11 letters and digits',
    ),
]


class ChannelSettings(BaseModel):
    """What every channel has. ``api_url`` is "" for the provider's own address.

    ``unknown_sends``: what to do with a message whose sending has no known
    end, once the provider's own list does not show it. ``sweep_minutes``:
    how often the provider is asked for what it told in vain; 0 for never.
    """

    model_config = FORM
    api_url: WebAddress = ""
    unknown_sends: Literal["resend", "fail"] = "resend"
    messages_per_second: Rate = 1.0
    sweep_minutes: Minutes = 5.0


class TwilioSettings(ChannelSettings):
    """SMS through Twilio Programmable Messaging. Of ``sender`` (`from` in the file) and the service one is set."""

    kind: Literal["twilio"]
    account_sid: Annotated[str, matching("AC[0-9a-fA-F]{32}", 'must be "AC" and 32 hexadecimal digits')]
    sender: Sender = Field(default="", alias="from")
    messaging_service_sid: Annotated[str, matching("MG[0-9a-fA-F]{32}", 'must be "MG" and 32 hexadecimal digits')] = ""
    auth_token: Secret
    auth_token_previous: Secret | None = None

    @model_validator(mode="after")
    def one_sender(self) -> Self:
        if bool(self.sender) == bool(self.messaging_service_sid):
            raise wrong("needs either from or messaging_service_sid, and not both")
        return self


class SlackSettings(ChannelSettings):
    """One Slack app in one workspace. ``team`` and ``app_id`` are what Slack's signed requests must name."""

    kind: Literal["slack"]
    team: Annotated[str, matching("[TE][A-Z0-9]{2,20}", "must be a Slack team id such as T0123ABCD")]
    app_id: Annotated[str, matching("A[A-Z0-9]{2,20}", "must be a Slack app id such as A0123ABCD")]
    signing_secret: Secret
    signing_secret_previous: Secret | None = None
    bot_token: Secret
    sweep_minutes: Minutes = 15.0


CHANNEL_FORMS: dict[str, type[ChannelSettings]] = {"twilio": TwilioSettings, "slack": SlackSettings}
CHANNEL_KINDS = {"twilio": "sms", "slack": "slack"}


class ServiceSettings(BaseModel):
    """An outside service that rules may ask. ``timeout`` in seconds; ``per_minute`` None for no limit.

    Without its secret the gateway starts all the same; campaigns that ask the service are in error, their calls wait.
    """

    model_config = FORM
    url: ServiceAddress
    timeout: Seconds = 10.0
    per_minute: Annotated[int, BeforeValidator(no_bool), Field(ge=1, le=MAX_CALLS_PER_MINUTE)] | None = None
    secret: Secret | None = None


class HookSettings(BaseModel):
    """A system outside that is told what happens. ``events`` are the types that it is told, all where there is none;
    ``timeout`` in seconds; ``at_once`` how many deliveries may be under way, 1 for one after the other; ``private``
    whether it may be in a private network, or on this machine."""

    model_config = FORM
    url: ServiceAddress
    events: tuple[HookEvent, ...] = ()
    timeout: Seconds = 15.0
    at_once: Annotated[int, BeforeValidator(no_bool), Field(ge=1, le=MAX_AT_ONCE)] = 1
    private: bool = False
    secret: HookSecret
    secret_previous: HookSecret | None = None

    @model_validator(mode="after")
    def reachable(self) -> Self:
        host = urlsplit(self.url).hostname or ""
        if not self.private and not may_be_public(host):
            raise wrong(f"url is on this machine or in a private network ({host}): allow that by private = true")
        return self


class ActionSettings(BaseModel):
    """The operator's functions: where they are, which of them rules may run, and for how many seconds."""

    model_config = FORM
    folder: str = "actions"
    allow: tuple[FunctionName, ...] = ()
    time_limit: Seconds = 5.0
    memory_mb: Annotated[int, BeforeValidator(no_bool), Field(ge=MIN_MEMORY_MB, le=MAX_MEMORY_MB)] = 512


class ApiSettings(BaseModel):
    """How many requests each token of the API may send in a minute."""

    model_config = FORM
    requests_per_minute: Annotated[int, BeforeValidator(no_bool), Field(ge=1, le=MAX_REQUESTS_PER_MINUTE)] = 6_000


class RetentionSettings(BaseModel):
    """After how many days what people wrote is forgotten, None for never; what hooks were told; and who changed what,
    with the tokens that were revoked or expired before that."""

    model_config = FORM
    messages_days: Days | None = None
    events_days: Days | None = None
    decisions_days: Days | None = None
    deliveries_days: Days = 30
    audit_days: Days = 730


class SettingsFile(BaseSettings):
    """The whole file; the environment wins over it, key by key."""

    model_config = SettingsConfigDict(
        env_prefix="POINTSMAN_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )
    public_url: WebAddress
    host: str = "127.0.0.1"
    port: Annotated[int, BeforeValidator(no_bool), Field(ge=0, le=65535)] = 8080
    database: str = "sqlite:///pointsman.db"
    spool: str = "spool.db"
    rules: str = "rules"
    trusted_proxies: tuple[NetworkText, ...] = ()
    roles: Annotated[tuple[RoleName, ...], NoDecode, BeforeValidator(split_roles)] = ()
    api_token: Secret
    channels: dict[str, Annotated[TwilioSettings | SlackSettings, Field(discriminator="kind")]] = Field(
        default_factory=dict
    )
    services: dict[str, ServiceSettings] = Field(default_factory=dict)
    hooks: dict[str, HookSettings] = Field(default_factory=dict)
    actions: ActionSettings = ActionSettings()
    retention: RetentionSettings = RetentionSettings()
    api: ApiSettings = ApiSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings
