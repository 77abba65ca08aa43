"""The pieces of a rule file that are not nodes, as written: the campaign itself, its fields and its channels."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from rules.loading.contact import UNDER_CONTACT
from rules.loading.shape import Anything, FieldType, Spec, Words

MAX_FIELDS = 200
MAX_CHANNELS = 50
MAX_AGENTS = 100
MAX_FLOWS = 100
MAX_NODES = 2000  # in one campaign
MAX_VALUES = 200  # of one enumeration


class CampaignSpec(Spec):
    """The whole file; what is in the mappings is read piece by piece, so that every mistake is found."""

    misplaced: ClassVar[Mapping[str, str]] = UNDER_CONTACT

    campaign: str
    title: Words = ""
    timezone: str = "UTC"
    region: str = ""
    contact: Anything = Field(default={})
    fields: Anything = Field(default={})
    channels: Anything = Field(default={})
    agents: Anything = Field(default={})
    flows: Anything


class FieldSpec(Spec):
    """One entry of `fields`."""

    type: FieldType
    level: Literal["participant", "customer"] = "participant"
    title: Words = ""
    description: Words = ""
    imported: bool = Field(default=True, alias="import")
    required: bool = False
    default: object = None
    values: list[Words] = Field(default=[], max_length=MAX_VALUES)


class ChannelSpec(Spec):
    """One entry of `channels`: how this campaign uses a channel of the project."""

    enroll: bool = False
