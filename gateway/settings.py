"""The settings of one project: `pointsman.toml` in its folder, then the environment, which wins.

Variables are `POINTSMAN_<KEY>`, `POINTSMAN_CHANNELS__<NAME>__<KEY>` (and so for `SERVICES` and `HOOKS`) and
`POINTSMAN_ACTIONS__<KEY>`. Secrets come from the environment only.
"""

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError
from pydantic_settings.exceptions import SettingsError as UnreadableVariable

from gateway.addresses import Network
from gateway.hooks.signing import PREFIX
from gateway.roles import ALONE, Role, Roles, roles_of
from gateway.settings_checks import (
    is_of_environment,
    problems_of_environment,
    problems_of_file,
    problems_of_folders,
    problems_of_roles,
    problems_of_sandbox,
    problems_of_values,
    tables,
)
from gateway.settings_file import (
    CHANNEL_KINDS,
    SECRET_KEYS,
    ActionSettings,
    ApiSettings,
    HookSettings,
    RetentionSettings,
    ServiceSettings,
    SettingsFile,
    SlackSettings,
    TwilioSettings,
)
from gateway.settings_sentences import sentence, variable

FILE = "pointsman.toml"
MAX_FILE_BYTES = 1_000_000
ALLOW = ("actions", "allow")
NAME_FOLDER = "give the project's folder with -C FOLDER, or in POINTSMAN_PROJECT"

SANDBOX_API_TOKEN = "sandbox-api-token"  # noqa: S105 - public on purpose: the sandbox listens on this machine only
SANDBOX_SERVICE_SECRET = "sandbox-service-secret"  # noqa: S105 - as above
SANDBOX_HOOK_SECRET = "whsec_c2FuZGJveC1ob29rLXNlY3JldC1vZi1wb2ludHNtYW4="  # noqa: S105 - as above
SANDBOX_MESSAGES_PER_SECOND = 500.0
SANDBOX_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "twilio": {
        "auth_token": "sandbox-auth-token",
        "messages_per_second": SANDBOX_MESSAGES_PER_SECOND,
    },
    "slack": {
        "signing_secret": "sandbox-signing-secret",
        "bot_token": "xoxb-sandbox-bot-token",
        "messages_per_second": SANDBOX_MESSAGES_PER_SECOND,
    },
}
OFFLINE_SECRETS: Mapping[str, Mapping[str, Any]] = {
    "twilio": {"auth_token": token_hex()},
    "slack": {"signing_secret": token_hex(), "bot_token": token_hex()},
}


class SettingsError(Exception):
    """The program cannot start with these settings; ``problems`` are sentences that say what to do."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything configured, checked. Secrets are `SecretStr`; no repr shows one.

    ``public_url`` is how providers reach us, without a trailing slash; ``database`` is ``sqlite:///`` and an absolute
    path as it stands, or a PostgreSQL URL; ``spool`` the absolute path of the file where events wait for it; ``rules``
    the absolute folder of the rule files; ``trusted_proxies`` are believed when they say for whom they ask; ``roles``
    are what this process does of a gateway of several, none where it is the only one;
    ``channels`` in the order of the file; ``services`` those that rules may ask, and ``hooks`` whom we tell, by name;
    ``actions`` what rules may run; ``retention`` how long what people wrote is kept; ``api`` how many requests it
    takes.
    """

    folder: Path
    sandbox: bool
    public_url: str
    host: str
    port: int
    database: str = field(repr=False)
    spool: Path
    rules: Path
    trusted_proxies: tuple[Network, ...] = ()
    roles: Roles = ALONE
    api_token: SecretStr
    channels: Mapping[str, TwilioSettings | SlackSettings]
    services: Mapping[str, ServiceSettings]
    hooks: Mapping[str, HookSettings]
    actions: ActionSettings
    retention: RetentionSettings
    api: ApiSettings

    @property
    def functions(self) -> Path:
        """The absolute folder of the operator's functions."""
        return self.folder / self.actions.folder

    def plays(self, role: Role) -> bool:
        """Whether this process does that part of the work: one without roles does everything."""
        return self.roles == ALONE or role in self.roles

    def secrets(self) -> frozenset[str]:
        """Every secret there is, in clear: what must never be shown."""
        tables = (self, *self.channels.values(), *self.services.values(), *self.hooks.values())
        found = (getattr(table, key, None) for table in tables for key in SECRET_KEYS)
        return frozenset(secret.get_secret_value() for secret in found if secret is not None) | self._password()

    def _password(self) -> frozenset[str]:
        return frozenset(filter(None, [urlsplit(self.database).password]))

    def missing_secrets(self) -> dict[str, str]:
        """The services that lack their secret, each with the variable that it belongs in; what asks them waits."""
        lacking = (name for name, service in self.services.items() if service.secret is None)
        return {name: variable(("services", name, "secret")) for name in lacking}

    @property
    def uploads(self) -> Path:
        """The folder of the contact lists that are being imported."""
        return self.folder / "uploads"

    @property
    def channel_kinds(self) -> dict[str, str]:
        """Channel name to sms or slack, as rule files see it."""
        return {name: CHANNEL_KINDS[channel.kind] for name, channel in self.channels.items()}

    @property
    def rates(self) -> dict[str, float]:
        """Channel name to how many messages a second its provider takes."""
        return {name: channel.messages_per_second for name, channel in self.channels.items()}

    def at_apis(self, addresses: Mapping[str, str]) -> "Settings":
        """The same settings with each named channel's provider at this address (the sandbox's look-alikes)."""
        moved = {
            name: channel.model_copy(update={"api_url": addresses[name]}) if name in addresses else channel
            for name, channel in self.channels.items()
        }
        return replace(self, channels=moved)


def load_settings(
    folder: Path | str, *, sandbox: bool = False, offline: bool = False, roles: Sequence[str] = ()
) -> Settings:
    """Read the settings of the project in ``folder``. Raises `SettingsError` with everything that is wrong.

    ``roles``, by name or "all", go before those of the file and of the environment.
    ``sandbox``: what the environment does not give of secrets is the sandbox's, and nobody but this machine may reach
    the gateway. ``offline`` is for commands that speak to no provider and serve nobody: secrets may be missing, and
    random ones stand in for those without which a gateway does not start.
    """
    home = Path(folder).resolve()
    content = _content(home / FILE)
    given = content
    if sandbox:
        given = _filled(content, SANDBOX_API_TOKEN, SANDBOX_DEFAULTS, SANDBOX_SERVICE_SECRET, SANDBOX_HOOK_SECRET)
    elif offline:
        given = _filled(content, token_hex(), OFFLINE_SECRETS, None, f"{PREFIX}{token_hex()}")
    problems = [*problems_of_file(content), *problems_of_environment(os.environ, content)]
    file, wrong = _read(given)
    if file is not None:
        wrong += problems_of_values(file)
        wrong += problems_of_sandbox(file) if sandbox else ()
        wrong += problems_of_folders(home, file)
    played, unknown = _roles(roles or (file.roles if file else ()))
    wrong += [*unknown, *problems_of_roles(played, file.database if file else "", sandbox=sandbox)]
    if file is None or problems or wrong:
        raise SettingsError(tuple(dict.fromkeys(problems + wrong)))
    return replace(_settings(home, file, sandbox), roles=played)


def _roles(names: Sequence[str]) -> tuple[Roles, list[str]]:
    try:
        return roles_of(names), []
    except ValueError as error:
        return ALONE, [f"--role: {error}"]


def _content(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise SettingsError((f"{path} is larger than {MAX_FILE_BYTES} bytes",))
        return tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        make = f"or make a project there with `pointsman init {path.parent}`"
        raise SettingsError((f"there is no {path}: {NAME_FOLDER}, {make}",)) from None
    except OSError as error:
        elsewhere = f"if the project is elsewhere, {NAME_FOLDER}"
        raise SettingsError((f"{path} cannot be read: {error.strerror}; {elsewhere}",)) from None
    except UnicodeDecodeError as error:
        raise SettingsError((f"{path} is not UTF-8 text (byte {error.start})",)) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError((f"{path} is not valid TOML: {error}",)) from None


def _filled(
    content: Mapping[str, Any],
    api_token: str,
    by_kind: Mapping[str, Mapping[str, Any]],
    service_secret: str | None,
    hook_secret: str,
) -> dict[str, Any]:
    """Defaults under what the file says, each channel's by its kind; the environment still wins over them."""
    filled: dict[str, Any] = {"api_token": api_token, **content}
    for name, table in tables(content, "channels").items():
        filled["channels"] = {**filled["channels"], name: {**by_kind.get(str(table.get("kind")), {}), **table}}
    for section, secret in (("services", service_secret), ("hooks", hook_secret)):
        for name, table in tables(content, section).items():
            filled[section] = {**filled[section], name: {"secret": secret, **table}}
    return filled


def _read(content: Mapping[str, Any]) -> tuple[SettingsFile | None, list[str]]:
    try:
        return SettingsFile(**{key: value for key, value in content.items() if not key.startswith("_")}), []
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        return None, [sentence(found) for found in errors if not is_of_environment(found["loc"], content)]
    except UnreadableVariable:
        return None, [f"a variable that holds a list or a table must hold JSON, such as {variable(ALLOW)}='[\"a.b\"]'"]


def _settings(home: Path, file: SettingsFile, sandbox: bool) -> Settings:
    return Settings(
        folder=home,
        sandbox=sandbox,
        public_url=own_address(file) if sandbox else file.public_url,
        host=file.host,
        port=file.port,
        database=_database(home, file.database),
        spool=home / file.spool,
        rules=home / file.rules,
        trusted_proxies=tuple(ip_network(text) for text in file.trusted_proxies),
        api_token=file.api_token,
        channels=file.channels,
        services=file.services,
        hooks=file.hooks,
        actions=file.actions,
        retention=file.retention,
        api=file.api,
    )


def own_address(file: SettingsFile) -> str:
    """Where the sandbox reaches this gateway: its providers are in this process, so a changed port is enough."""
    return file.public_url if urlsplit(file.public_url).port == file.port else f"http://{file.host}:{file.port}"


def _database(home: Path, url: str) -> str:
    """SQLite's relative path is taken from the project's folder, PostgreSQL is spoken to through psycopg."""
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        return f"sqlite:///{home / rest[1:]}"
    return f"postgresql+psycopg://{rest}"
