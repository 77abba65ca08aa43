"""What the API needs of a gateway, where none is at work: for what only reads."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from pydantic import SecretStr

from gateway.adapters import project_channels, rule_project
from gateway.api.access import Access
from gateway.api.desk import ApiDesk
from gateway.channel_health import channel_health
from gateway.clock import Bell, SystemClock
from gateway.commands.project import opened
from gateway.imports.desk import UploadDesk
from gateway.rulebooks import Rulebooks, read_folder
from gateway.settings import Settings
from storage.database import Storage

NO_TOKEN = SecretStr("")  # nobody asks it from outside


@contextmanager
def offline_desk(settings: Settings) -> Iterator[ApiDesk]:
    """The API's desk over the project's database, beside a running gateway or without one. It rings nobody, and of
    channels it knows what the settings say, and what their senders have left."""
    clock, rates = SystemClock(), settings.rates
    with opened(settings) as storage:
        books = _rulebooks(settings, storage)
        yield ApiDesk(
            storage=storage,
            campaigns=lambda: books.active,
            uploads=UploadDesk(storage, settings.uploads, lambda: books.active, clock.now, _nobody, Bell(clock)),
            access=Access(storage, NO_TOKEN, clock),
            now=clock.now,
            ring=_nobody,
            decided=_nothing_decided,
            spool=settings.spool,
            channel_health=lambda t: channel_health(t, books.channels, rates, {}, clock.now()),
            hooks=settings.hooks,
            channels=books.channels,
            project=books.project,
            broken=lambda: books.broken,
            gone=lambda: books.gone,
        )


def _rulebooks(settings: Settings, storage: Storage) -> Rulebooks:
    """Those in force, as the database has them; of campaigns that never ran, the files."""
    books = Rulebooks(rule_project(settings), project_channels(settings))
    with storage.reading() as t:
        books.restore(t)
    changes = books.read(read_folder(settings.rules))
    books.put_in_force(book for book in changes.books if book.campaign not in books.active)
    books.broken, books.gone = changes.broken, changes.gone
    return books


def _nobody() -> None:
    """Nothing waits for what is read."""


async def _nothing_decided(events: Sequence[int], seconds: float) -> Mapping[int, str]:
    return {}
