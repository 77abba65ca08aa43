"""What a file says of the campaign as a whole: name, time zone, region, fields, channels."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from zoneinfo import available_timezones

from phonenumbers import SUPPORTED_REGIONS

from rules.book import Channel, Field
from rules.contact import NO_LIMITS, Contact
from rules.diagnostics import did_you_mean
from rules.fields import FieldError, coerce
from rules.loading.campaign import MAX_CHANNELS, MAX_FIELDS, CampaignSpec, ChannelSpec, FieldSpec
from rules.loading.contact import read_contact
from rules.loading.mistakes import Mistakes
from rules.loading.naming import check_campaign, check_field, check_values
from rules.loading.pieces import section
from rules.loading.project import Project
from rules.loading.reading import read
from rules.loading.words import hint_for, quoted, reason_and_hint
from rules.marks import Path
from rules.values import Value, ValueType


@dataclass(frozen=True, slots=True)
class Heading:
    """The campaign's own values; those that are missing or wrong are noted and have a stand-in."""

    campaign: str = ""
    title: str = ""
    timezone: str = "UTC"
    region: str = ""
    contact: Contact = NO_LIMITS


_STAND_IN: Mapping[str, object] = {"campaign": "unnamed", "flows": {}}  # for the keys that a file cannot do without


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def read_heading(data: dict[str, object], mistakes: Mistakes) -> Heading:
    """The top of the file."""
    spec = read(CampaignSpec, data, (), mistakes) or read(CampaignSpec, {**data, **_STAND_IN}, (), mistakes)
    if spec is None:
        return Heading()
    check_campaign(mistakes, spec.campaign)
    _check_zone(spec.timezone, mistakes)
    region = _region(spec.region, mistakes)
    return Heading(spec.campaign, spec.title, spec.timezone, region, read_contact(spec.contact, mistakes))


def _check_zone(name: str, mistakes: Mistakes) -> None:
    if name in _zones():
        return
    city = next((zone for zone in sorted(_zones()) if zone.casefold().endswith(f"/{name.casefold()}")), name)
    hint = did_you_mean(city, _zones()) or "a time zone is written Europe/Berlin"
    mistakes.at_value(("timezone",), "E109", f"there is no time zone {quoted(name)}", hint)


def _region(name: str, mistakes: Mistakes) -> str:
    if not name or name in SUPPORTED_REGIONS:
        return name
    near = name.upper() if name.upper() in SUPPORTED_REGIONS else ""
    hint = f'did you mean "{near}"?' if near else "a region is the two letters of a country, such as DE"
    mistakes.at_value(("region",), "E109", f"there is no region {quoted(name)}", hint)
    return ""


def read_fields(data: object, heading: Heading, mistakes: Mistakes) -> dict[str, Field | None]:
    """The entries of `fields`; one that is wrong is there as None."""
    return {
        name: _read_field(name, entry, path, heading, mistakes)
        for name, entry, path in section(data, "fields", mistakes, MAX_FIELDS)
    }


def _read_field(name: str, data: object, path: Path, heading: Heading, mistakes: Mistakes) -> Field | None:
    before = mistakes.count
    spec = read(FieldSpec, data, path, mistakes)
    whole = mistakes.count == before
    check_field(mistakes, name, spec.level if spec else "", path)
    if spec is None:
        return None
    if whole:
        check_values(mistakes, spec.type, spec.values, path)
    if spec.required and not spec.imported:
        hint = "a required field is given by every import: remove one of the two"
        mistakes.at_key((*path, "required"), "E109", f'"{name}" cannot be required and not imported', hint)
    field = build_field(name, spec, path, heading, mistakes)
    known = whole and (spec.type != "enumeration" or spec.values)
    return field if known else None


def build_field(name: str, spec: FieldSpec, path: Path, heading: Heading, mistakes: Mistakes) -> Field:
    """The field as it is declared; a default that does not fit is noted."""
    field = Field(
        name=name,
        type=ValueType(spec.type),
        level=spec.level,
        title=spec.title,
        description=spec.description,
        imported=spec.imported,
        required=spec.required,
        values=tuple(spec.values),
        position=mistakes.marked.key(path).position,
    )
    return replace(field, default=_default(field, spec.default, path, heading, mistakes))


def _default(field: Field, raw: object, path: Path, heading: Heading, mistakes: Mistakes) -> Value:
    if raw is None or (field.type is ValueType.ENUMERATION and not field.values):
        return None
    try:
        return coerce(field, raw, heading.region)
    except FieldError as error:
        reason, hint = reason_and_hint(error)
        mistakes.at_value((*path, "default"), "E109", f"the default does not fit: {reason}", hint)
        return None


def read_channels(data: object, project: Project, mistakes: Mistakes) -> Mapping[str, Channel]:
    """Every channel of the project, as this campaign uses it."""
    used = {name: Channel(name=c.name, kind=c.kind, identifier=c.identifier) for name, c in project.channels.items()}
    for name, entry, path in section(data, "channels", mistakes, MAX_CHANNELS):
        spec = read(ChannelSpec, {} if entry is None else entry, path, mistakes)
        if name not in used:
            hint = hint_for(name, used, "channels")
            mistakes.at_key(path, "E205", f'there is no channel "{name}"', hint)
        elif spec is not None:
            used[name] = replace(used[name], enroll=spec.enroll)
    return used
