"""Set the example going: what `run --sandbox` does once with a project that has a script."""

import asyncio
from pathlib import Path

import structlog

from channels.sandbox import Sandbox
from gateway.app import Gateway
from gateway.campaigns import CampaignStart
from gateway.ids import derived_id
from gateway.private_files import copy
from gateway.sandboxes import Play
from gateway.stepping import in_steps

log = structlog.get_logger()


async def start_campaign(gateway: Gateway, campaign: str) -> None:
    """The campaign runs from now on, and whoever waits to enter enters."""
    starting = CampaignStart(campaign, gateway.clock.now())
    await in_steps(gateway.storage, starting.begin, starting.wake, gateway.wake)


async def set_going(gateway: Gateway, sandbox: Sandbox, play: Play | None) -> None:
    """Start the campaign and import its contacts, once for each project; then let the sandbox's people begin.

    They begin last, for who writes before the import is done is nobody we know.
    """
    if play and not await gateway.storage.read(lambda t: t.uploads.get(upload_of(play))):
        await begin(gateway, play)
    await gateway.uploads.idle()
    await sandbox.start()


async def begin(gateway: Gateway, play: Play) -> None:
    """Start the campaign and import its contacts. Where the example was taken out of the project, there is none."""
    contacts = gateway.settings.folder / play.contacts
    if play.campaign not in gateway.rulebooks.active or not contacts.is_file():
        mend = "mend it or remove [play] from sandbox.toml"
        log.warning("nothing_played", campaign=play.campaign, contacts=play.contacts, reason=f"one is missing: {mend}")
        return
    await start_campaign(gateway, play.campaign)
    await import_contacts(gateway, upload_of(play), play.campaign, contacts)


def upload_of(play: Play) -> str:
    """The id of the one upload of a script; an import cut off is resumed under it."""
    return derived_id("play", play.campaign, play.contacts)


async def import_contacts(gateway: Gateway, upload: str, campaign: str, contacts: Path) -> None:
    """Import a contact list as the upload of this id."""
    await asyncio.to_thread(copy, contacts, gateway.uploads.path(upload))
    await gateway.uploads.accept(upload, gateway.rulebooks.of(campaign), contacts.name)
