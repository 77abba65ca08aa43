"""What a chat plays on: one rule file, and what it may count on."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.settings import Settings, load_settings
from gateway.simulation import CannotDo
from gateway.simulation.rule_files import CHANNELS

SETTINGS_FILE = "pointsman.toml"
_SERVICE = re.compile(rb"\bservice:\s*[\"']?(\w+)")
_CAMPAIGN = re.compile(rb"^campaign:\s*[\"']?([\w-]+)", re.MULTILINE)
_TIMEZONE = re.compile(rb"^timezone:\s*[\"']?([\w/+-]+)", re.MULTILINE)
_FUNCTION = re.compile(rb"\bfunction:\s*[\"']?(\w+\.\w+)")


@dataclass(frozen=True)
class Stage:
    """``file`` is the campaign's rule file; ``channels`` are kinds by name. Functions that are ``allowed`` run from
    the folder ``actions``; ``services`` answer what the chat is told they do."""

    campaign: str
    file: Path
    channels: Mapping[str, str] = field(default_factory=lambda: dict(CHANNELS))
    services: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    actions: Path | None = None
    allowed: frozenset[str] = frozenset()

    def read(self) -> bytes:
        """The file as it is now."""
        return self.file.read_bytes()

    @property
    def zone(self) -> ZoneInfo:
        """The campaign's time zone; UTC where the file names none that there is."""
        found = _TIMEZONE.search(self.read())
        try:
            return ZoneInfo(found[1].decode() if found else "UTC")
        except (LookupError, ValueError, OSError):  # the file is wrong, and is told so elsewhere
            return ZoneInfo("UTC")


def stage_of(campaign: str, rules: Path | None, project: Path) -> Stage:
    """The stage for a campaign, which is a name or a rule file, of the folder ``rules`` or of the project.

    In a folder that is no project, the rule file may count on whatever services and functions it names. Raises
    `CannotDo`, and `SettingsError` in a project.
    """
    is_project = rules is None and (project / SETTINGS_FILE).exists()
    settings = load_settings(project, offline=True) if is_project else None
    file = _file_of(campaign, rules or (settings.rules if settings else project))
    text = file.read_bytes()
    name = _campaign_in(text) or campaign
    return _of_project(name, file, settings) if settings else _alone(name, file, text)


def _of_project(campaign: str, file: Path, settings: Settings) -> Stage:
    return Stage(
        campaign,
        file,
        settings.channel_kinds,
        frozenset(settings.services),
        actions=settings.functions,
        allowed=frozenset(settings.actions.allow),
    )


def _alone(campaign: str, file: Path, text: bytes) -> Stage:
    services, functions = (_names(pattern.findall(text)) for pattern in (_SERVICE, _FUNCTION))
    return Stage(campaign, file, services=services, functions=functions)


def _names(found: Iterable[bytes]) -> frozenset[str]:
    return frozenset(name.decode() for name in found)


def _file_of(campaign: str, folder: Path) -> Path:
    if campaign.endswith((".yaml", ".yml")):
        if not Path(campaign).is_file():
            raise CannotDo(f"there is no file {campaign}")
        return Path(campaign)
    files = {name: path for path in sorted(folder.glob("*.yaml")) if (name := _campaign_in(path.read_bytes()))}
    if campaign not in files:
        known = f"; there are {', '.join(sorted(files))}" if files else ""
        raise CannotDo(f'there is no campaign "{campaign}" in {folder}{known}')
    return files[campaign]


def _campaign_in(text: bytes) -> str:
    """The campaign that a rule file is about, even where it cannot be read otherwise; "" where it names none."""
    found = _CAMPAIGN.search(text)
    return found[1].decode() if found else ""
