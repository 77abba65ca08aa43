"""The keys of `pointsman.toml`, as its models have them: their order, types and defaults."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

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
from tests.reference.keys import default_words, field_of, ordered
from tests.reference.shapes import type_words

TABLES: Mapping[str, type[BaseModel]] = {
    "project": SettingsFile,
    **CHANNEL_FORMS,
    "service": ServiceSettings,
    "hook": HookSettings,
    "actions": ActionSettings,
    "retention": RetentionSettings,
    "api": ApiSettings,
}
OTHER_TABLES = ("channels", "services", "hooks", "actions", "retention", "api")


def settings_of(table: str) -> list[str]:
    """The keys of a table of the file; secrets are no keys of the file, nor are the tables within it."""
    return [key for key in ordered(TABLES[table]) if key not in (*SECRET_KEYS, *OTHER_TABLES)]


def setting_row(table: str, key: str, meaning: str) -> tuple[str, str, str, str]:
    """One row of the table that tells of them."""
    shape = TABLES[table].model_json_schema()["properties"][key]
    words = type_words(shape).replace("plain text", "text")  # no setting is a template
    return f"`{key}`", words, default_words(field_of(TABLES[table], key), shape), meaning


def settings_in(content: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Every key that is written in a settings file (its content, read), with the table it stands in."""
    found = {("project", key) for key in content} | {("actions", key) for key in content.get("actions", {})}
    found |= {(table, key) for table in ("retention", "api") for key in content.get(table, {})}
    found |= {(channel["kind"], key) for channel in content.get("channels", {}).values() for key in channel}
    found |= {("hook", key) for hook in content.get("hooks", {}).values() for key in hook}
    return found | {("service", key) for service in content.get("services", {}).values() for key in service}
