"""All that is looked at, in its order."""

from pathlib import Path

from gateway.doctor.channels import channels
from gateway.doctor.database import database
from gateway.doctor.files import files
from gateway.doctor.findings import Finding
from gateway.doctor.hooks import hooks
from gateway.doctor.project import rule_files, secrets, settings_of
from gateway.doctor.reach import reach
from gateway.doctor.traces import traces
from gateway.sandboxes import sandbox_addresses
from gateway.settings import Settings


async def look_at(folder: Path, *, sandbox: bool) -> list[Finding]:
    """Everything about the project in ``folder``; providers are asked only where there are secrets for them.

    With ``sandbox`` the look-alikes of a gateway that runs so are asked instead.
    """
    settings, found = settings_of(folder, sandbox=sandbox)
    if settings is None:
        return found
    sound = all(finding.level == "ok" for finding in found)
    if sandbox and sound:
        settings = settings.at_apis(sandbox_addresses(settings))
    if sound:
        found += secrets(settings)
    found += [*rule_files(settings), *files(settings), *database(settings), *traces()]
    return found + (await _outside(settings) if sound else [])


async def _outside(settings: Settings) -> list[Finding]:
    rest = [finding async for finding in hooks(settings)]
    return [await reach(settings), *[finding async for finding in channels(settings)], *rest]
