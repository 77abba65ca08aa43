"""Checks of the settings before they are read as a form: names, secrets in the file, variables nobody reads."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel

from gateway.addresses import is_loopback
from gateway.hints import did_you_mean
from gateway.roles import ALONE, Roles, in_words
from gateway.settings_actions import problems_of_functions
from gateway.settings_file import (
    CHANNEL_FORMS,
    SECRET_KEYS,
    ActionSettings,
    ApiSettings,
    HookSettings,
    RetentionSettings,
    ServiceSettings,
    SettingsFile,
)
from gateway.settings_sentences import keys_of, variable

PREFIX = "POINTSMAN_"
MAX_NAME = 32  # characters of a channel's, a service's or a hook's name
CHANNEL_KEYS = tuple(sorted({key for form in CHANNEL_FORMS.values() for key in keys_of(form)}))
NAMED = {  # tables of tables, with what is in each
    "channels": CHANNEL_KEYS,
    "services": keys_of(ServiceSettings),
    "hooks": keys_of(HookSettings),
}
PLAIN_TABLES: Mapping[str, type[BaseModel]] = {
    "actions": ActionSettings,
    "retention": RetentionSettings,
    "api": ApiSettings,
}
PLAIN_PATHS = (
    *((key,) for key in SettingsFile.model_fields if key not in (*NAMED, *PLAIN_TABLES)),
    *((table, key) for table, form in PLAIN_TABLES.items() for key in keys_of(form)),
)
PROJECT = "project"  # the folder, which commands take from the environment, too
DATABASES = ("sqlite", "postgresql", "postgresql+psycopg")

Content = Mapping[str, Any]


def tables(content: Content, section: str) -> dict[str, Content]:
    """The tables of the channels, services or hooks; what is not a table is left to the form to refuse."""
    found = content.get(section)
    named = found.items() if isinstance(found, Mapping) else ()
    return {str(name): table for name, table in named if isinstance(table, Mapping)}


def is_of_environment(location: Sequence[str | int], content: Content) -> bool:
    """Whether this is in a channel, service or hook that only variables name: `problems_of_environment` tells those."""
    named = content.get(str(location[0]), {}) if location[0] in NAMED else None
    return isinstance(named, Mapping) and len(location) > 1 and location[1] not in named


def problems_of_file(content: Content) -> Iterator[str]:
    """Secrets that stand in the file, and names that could not be named in an address or a variable."""
    yield from _secrets_in(content, ())
    yield from (f'unknown key "{key[:60]}"' for key in content if key.startswith("_"))  # pydantic-settings' own
    for section in NAMED:
        for name, table in tables(content, section).items():
            yield from _secrets_in(table, (section, name))
            yield from _problems_of_name(section.removesuffix("s"), name)
    if "@" in str(content.get("database", "")) and _has_password(str(content["database"])):
        yield f"a password stands in pointsman.toml: move database to the variable {PREFIX}DATABASE"


def _problems_of_name(what: str, name: str) -> Iterator[str]:
    if not re.fullmatch(r"[a-z]([a-z0-9]|_(?=[a-z0-9]))*", name) or len(name) > MAX_NAME:
        yield (
            f'{what} name "{name[:60]}" must begin with a small letter and hold only small letters, digits and '
            f"single underscores, at most {MAX_NAME}"
        )


def _secrets_in(table: Content, path: tuple[str, ...]) -> Iterator[str]:
    for key in SECRET_KEYS:
        if key in table:
            yield (
                f"a secret stands in pointsman.toml: move {'.'.join((*path, key))} to the environment variable "
                f"{variable((*path, key))}, and replace it if others could read the file"
            )


def _has_password(url: str) -> bool:
    try:
        return urlsplit(url).password is not None
    except ValueError:
        return False


def problems_of_environment(names: Iterable[str], content: Content) -> Iterator[str]:
    """Variables with our prefix that name no setting, or a channel or service that does not exist."""
    for name in sorted(n for n in names if n.upper().startswith(PREFIX)):
        path = name[len(PREFIX) :].lower().split("__")
        if path[0] in NAMED and len(path) == 3:
            yield from _problems_of_named_variable(name, path, tuple(tables(content, path[0])))
        elif tuple(path) not in PLAIN_PATHS and path != [PROJECT]:
            yield (
                f"the environment variable {name} is no setting of ours"
                f"{did_you_mean(name, [variable(plain) for plain in PLAIN_PATHS])}"
            )


def _problems_of_named_variable(name: str, path: list[str], known: tuple[str, ...]) -> Iterator[str]:
    what, keys = path[0].removesuffix("s"), NAMED[path[0]]
    if path[1] not in known:
        yield (
            f'the environment variable {name} names the {what} "{path[1]}", which pointsman.toml does not have'
            f"{did_you_mean(path[1], known)}"
        )
    elif path[2] not in keys:
        names = [variable((*path[:2], key)) for key in keys]
        yield f"the environment variable {name} is no setting of a {what}{did_you_mean(name, names)}"


def problems_of_roles(roles: Roles, database: str, *, sandbox: bool) -> Iterator[str]:
    """Roles are for several processes on one server; a file, and the sandbox's providers, are of one process."""
    if roles == ALONE:
        return
    if database.startswith("sqlite"):
        yield (
            f"roles ({in_words(roles)}) need PostgreSQL, for a SQLite file is for one process: set "
            f"{PREFIX}DATABASE to a postgresql:// address and move what there is by `pointsman backup` and "
            "`pointsman restore`, or run it without roles"
        )
    if sandbox:
        yield "--sandbox is a gateway and its providers in one process: run it without roles"


def problems_of_sandbox(file: SettingsFile) -> Iterator[str]:
    """The sandbox's secrets are public, so nobody but this machine may reach it."""
    if not is_loopback(urlsplit(file.public_url).hostname or ""):
        yield f"--sandbox needs a public_url on this machine, such as http://127.0.0.1:8080, not {file.public_url}"
    if not is_loopback(file.host):
        yield f"--sandbox listens on this machine only: set host to 127.0.0.1, not {file.host}"


def problems_of_values(file: SettingsFile) -> Iterator[str]:
    """Values that have the right type and still cannot work."""
    if not file.host.strip():
        yield 'host is empty: set it to "127.0.0.1", or to "0.0.0.0" behind a proxy'
    scheme, _, rest = file.database.partition("://")
    if scheme not in DATABASES:
        yield "database must begin with sqlite:///, postgresql:// or postgresql+psycopg://"
    elif scheme == "sqlite" and (len(rest) < 2 or rest.startswith("/:memory:")):
        yield "database must name a file, such as sqlite:///pointsman.db: one in memory forgets everything"
    elif "," in rest.partition("/")[0]:
        yield from _problems_of_hosts(file.database)
    if not file.spool.strip():
        yield 'spool is empty: name the file for events that the database can not take, such as "spool.db"'
    if not file.rules.strip():
        yield 'rules is empty: name the folder of the rule files, such as "rules"'


def _problems_of_hosts(database: str) -> Iterator[str]:
    from storage.engines import with_one_host  # which takes longer to load than all settings take to read

    try:
        with_one_host(database)
    except ValueError as error:
        yield str(error)


def problems_of_folders(home: Path, file: SettingsFile) -> Iterator[str]:
    """What must be there before anything can work."""
    if not (home / file.rules).is_dir():
        yield f"there is no folder {home / file.rules}: make it, or set rules to the folder of the rule files"
    yield from _problems_of_spool(home / file.spool, home / file.database.removeprefix("sqlite:///"))
    yield from problems_of_functions(home / file.actions.folder, file.actions.allow)


def _problems_of_spool(spool: Path, database: Path) -> Iterator[str]:
    if not spool.parent.is_dir():
        yield f"there is no folder {spool.parent}: make it, or set spool to a file in a folder that there is"
    if spool == database:
        yield f"spool and database are both {spool}: they must be two files"
