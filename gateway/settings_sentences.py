"""What is wrong with the settings, in sentences that name the key or variable and say what to do."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from gateway.hints import did_you_mean
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

PLAIN = {
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "finite_number": "must be a number",
    "string_type": "must be text in quotes",
    "dict_type": "must be a table, such as [channels.sms]",
    "model_type": "must be a table, such as [channels.sms]",
    "model_attributes_type": "must be a table, such as [channels.sms]",
    "tuple_type": "must be a list in brackets",
    "union_tag_not_found": f"needs kind = one of {', '.join(CHANNEL_FORMS)}",
}

SET_IT = "set it in the environment"


def keys_of(form: type[BaseModel]) -> tuple[str, ...]:
    """The keys as an operator writes them."""
    return tuple(field.alias or name for name, field in form.model_fields.items())


def variable(path: Sequence[str]) -> str:
    """The environment variable of a key."""
    return "POINTSMAN_" + "__".join(path).upper()


def sentence(error: Mapping[str, Any]) -> str:
    """One pydantic error as a sentence; never the value that was given."""
    path = _path(error["loc"])
    name = variable(path) if path[-1] in SECRET_KEYS else ".".join(path)
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return f'unknown key "{name}"{did_you_mean(path[-1], _known(error["loc"]))}'
    if kind == "missing":
        return _missing(path, name)
    if kind == "union_tag_invalid":
        return f'{name}.kind "{context["tag"]}" is unknown: it is one of {", ".join(CHANNEL_FORMS)}'
    if kind == "literal_error":
        return f"{name} must be {context['expected']}"
    return f"{name} {PLAIN.get(kind) or error['msg'].replace('Input should be', 'must be')}"


def _missing(path: Sequence[str], name: str) -> str:
    if path[-1] in SECRET_KEYS:
        return f"the secret {name} is missing: {SET_IT}"
    return f"{name} is missing: set it in pointsman.toml or as {variable(path)}"


def _path(location: Sequence[str | int]) -> list[str]:
    """The key's path without the name of the form, which pydantic puts after a channel's name."""
    return [str(part) for index, part in enumerate(location) if not (index == 2 and location[0] == "channels")]


def _known(location: Sequence[str | int]) -> tuple[str, ...]:
    if location[0] == "channels" and len(location) > 2:
        return keys_of(CHANNEL_FORMS[str(location[2])])
    if location[0] == "services" and len(location) > 2:
        return keys_of(ServiceSettings)
    if location[0] == "hooks" and len(location) > 2:
        return keys_of(HookSettings)
    plain: dict[str, type[BaseModel]] = {
        "actions": ActionSettings,
        "retention": RetentionSettings,
        "api": ApiSettings,
    }
    return keys_of(plain.get(str(location[0]), SettingsFile) if len(location) > 1 else SettingsFile)
