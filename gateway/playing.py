"""Set the example going: what `run --sandbox` does once with a project that has a script."""

import asyncio
from pathlib import Path
from shutil import copy

from gateway.app import Gateway
from gateway.campaigns import CampaignStart
from gateway.ids import derived_id
from gateway.sandboxes import Play


async def start_campaign(gateway: Gateway, campaign: str) -> None:
    """The campaign runs from now on, and whoever waits to enter enters."""
    starting = CampaignStart(campaign, gateway.clock.now())
    await gateway.storage.run(starting.begin)
    while await gateway.storage.run(starting.wake):
        pass
    gateway.wake()


async def play_script(gateway: Gateway, play: Play) -> None:
    """Start the campaign and import its contacts, once for each project; an import cut off is resumed by itself."""
    upload = derived_id("play", play.campaign, play.contacts)
    if await gateway.storage.read(lambda t: t.uploads.get(upload)):
        return
    await start_campaign(gateway, play.campaign)
    await import_contacts(gateway, upload, play.campaign, gateway.settings.folder / play.contacts)


async def import_contacts(gateway: Gateway, upload: str, campaign: str, contacts: Path) -> None:
    """Import a contact list as the upload of this id."""
    path = gateway.uploads.path(upload)
    path.parent.mkdir(exist_ok=True)
    await asyncio.to_thread(copy, contacts, path)
    await gateway.uploads.accept(upload, gateway.rulebooks.of(campaign), contacts.name)
