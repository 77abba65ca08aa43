"""Events are kept in the database, else in the spool; and in the order in which they came, wherever they were."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from storage.database import Storage
from storage.errors import StorageUnavailable
from storage.spool import Spool
from storage.spool_file import NO_EVENT, SpooledEvent
from storage.transaction import Transaction
from storage.values import NewEvent

DRAIN_BATCH = 500  # events moved from the spool to the database in one transaction
LAST_SECONDS = 2.0  # how long the database is waited for where the spool can't be written

Told = Callable[[str, int], None]
TellAside = Callable[[SpooledEvent, str], None]


class NothingKept(Exception):
    """Rolls back what only tried whether it can be done."""


def keep_nothing(t: Transaction) -> None:
    """Keep an event like any other, and take that back. Raises `NothingKept` where it could be kept."""
    t.inbox.keep([NO_EVENT])
    raise NothingKept


class InboxOrSpool:
    """Keeps events in the inbox; while the database can't take them, in the spool, from where `drain` moves them.

    As long as anything waits in the spool, what comes later goes behind it, so the inbox has everything in the order in
    which it came. An event may come to the inbox twice, by a commit that nobody saw end and from the spool: its key
    makes that once.

    ``refuses``: what came last could be kept nowhere. ``on_outcome`` is told how many events were kept, known (kept
    before), spooled, drained or set_aside; ``on_outage`` in words why the database did not take what is spooled from
    now on; ``on_aside`` of each event that the database refuses for good, with the kind of the error.
    """

    def __init__(
        self,
        storage: Storage,
        spool: Spool,
        on_outcome: Told = lambda outcome, number: None,
        on_outage: Callable[[str], None] = lambda reason: None,
        on_aside: TellAside = lambda event, kind: None,
    ) -> None:
        self._storage = storage
        self._spool = spool
        self._on_outcome = on_outcome
        self._on_outage = on_outage
        self._on_aside = on_aside
        self._moving = asyncio.Lock()
        self._database_takes = True  # what came last
        self.refuses = False

    @property
    def spooled(self) -> int:
        """How many events wait in the spool."""
        return self._spool.depth

    @property
    def moved(self) -> int:
        """How many events have left the spool since the start."""
        return self._spool.left

    @property
    def holds_earlier(self) -> bool:
        """Whether events wait in the spool that an earlier process has left."""
        return self._spool.holds_earlier

    @property
    def undone(self) -> bool:
        """Whether there is anything for `drain` to do."""
        return bool(self._spool.depth or self._spool.remains)

    async def keep(self, events: Sequence[NewEvent], within: float) -> list[bool]:
        """Keep the events in the order given; return when they are on disk: False where an event was kept before.

        One that the database refuses for good is set aside in the spool; of several, that is raised. The database is
        waited for at most ``within`` seconds. To be called by one caller at a time: what the next call brings comes
        later. Raises `StorageUnavailable` when neither database nor spool can be written.
        """
        try:
            answers = await self._keep(events, within)
        except StorageUnavailable:
            self.refuses = True
            raise
        self.refuses = False
        return answers

    async def _keep(self, events: Sequence[NewEvent], within: float) -> list[bool]:
        loop = asyncio.get_running_loop()
        until = loop.time() + within
        if within <= 0 or not await self._nothing_before(within):
            return await self._behind(events)
        try:
            return await self._in_database(events, until - loop.time())
        except StorageUnavailable as outage:
            return await self._during(outage, events)
        except Exception:
            if len(events) > 1:  # it is about one of them: whoever asks keeps each by itself then
                raise
            return await self._in_spool(events)  # from there it is set aside, and told

    async def _nothing_before(self, within: float) -> bool:
        """Whether the spool is empty. The last that wait there are moved first: under steady load it would never be."""
        if 0 < self._spool.depth <= DRAIN_BATCH and self._database_takes:
            with suppress(StorageUnavailable, TimeoutError):
                async with asyncio.timeout(within):
                    await self._move()
        return not self._spool.depth

    async def drain(self) -> None:
        """Move the oldest events of the spool, at most `DRAIN_BATCH`, to the inbox.

        Raises `StorageUnavailable` when one of the two can't be used: nothing is lost then, and nothing doubled.
        """
        if self._spool.depth:
            await self._move()
        await self._spool.forget()

    async def _during(self, outage: StorageUnavailable, events: Sequence[NewEvent]) -> list[bool]:
        try:
            answers = await self._in_spool(events)
        except StorageUnavailable as error:
            raise StorageUnavailable(f"{outage}; {error}") from error
        self._on_outage(str(outage))
        return answers

    async def _behind(self, events: Sequence[NewEvent]) -> list[bool]:
        """Where the spool takes nothing more, what waits there goes to the database first, and these behind it."""
        try:
            return await self._in_spool(events)
        except StorageUnavailable as error:
            try:
                async with asyncio.timeout(LAST_SECONDS):
                    return await self._after_the_spooled(events)
            except (StorageUnavailable, TimeoutError):
                raise error from None

    async def _after_the_spooled(self, events: Sequence[NewEvent]) -> list[bool]:
        while self._spool.depth:
            await self._move()
        return await self._in_database(events, LAST_SECONDS)

    async def _in_database(self, events: Sequence[NewEvent], within: float) -> list[bool]:
        with self._told_by_the_database():
            answers = await self._storage.keep(events, within)
        self._on_outcome("kept", sum(answers))
        self._on_outcome("known", len(answers) - sum(answers))
        return answers

    async def _in_spool(self, events: Sequence[NewEvent]) -> list[bool]:
        answers = await self._spool.keep(events)
        self._on_outcome("spooled", sum(answers))
        self._on_outcome("known", len(answers) - sum(answers))
        return answers

    async def _move(self) -> None:
        async with self._moving:
            if waiting := await self._spool.oldest(DRAIN_BATCH):
                await self._move_these(waiting)

    async def _move_these(self, waiting: Sequence[SpooledEvent]) -> None:
        try:
            await self._put(waiting)
        except StorageUnavailable:
            raise
        except Exception:  # it is about one of them: the others shall not wait for it
            await self._move_singly(waiting)

    async def _move_singly(self, waiting: Sequence[SpooledEvent]) -> None:
        """Set aside what the database will never take, each before any later one is moved: whatever cuts this short, no
        event is passed over."""
        for one in waiting:
            if kind := await self._refusal(one):
                await self._require_that_others_are_taken(kind)
                await self._spool.put_aside(one, kind)
                self._on_outcome("set_aside", 1)
                self._on_aside(one, kind)

    async def _require_that_others_are_taken(self, kind: str) -> None:
        """Raises `StorageUnavailable` where the database would take no event: the fault is not that of this one."""
        try:
            await self._storage.run(keep_nothing)
        except NothingKept:
            return
        except StorageUnavailable:
            raise
        except Exception as error:
            raise StorageUnavailable(f"the database takes no event: {kind}, {type(error).__name__}") from None

    async def _refusal(self, one: SpooledEvent) -> str:
        """Move one event; the kind of the error where that will never succeed (its words may quote the event)."""
        try:
            await self._put([one])
        except StorageUnavailable:
            raise
        except Exception as error:
            return type(error).__name__
        return ""

    async def _put(self, waiting: Sequence[SpooledEvent]) -> None:
        events = [one.event for one in waiting]
        with self._told_by_the_database():
            await self._storage.run(lambda transaction: transaction.inbox.keep(events))
        self._spool.moved(waiting)
        self._on_outcome("drained", len(waiting))

    @contextmanager
    def _told_by_the_database(self) -> Iterator[None]:
        """Note whether it answers in this block; it takes what others bring where it refuses one event for good."""
        self._database_takes = False
        try:
            yield
        except StorageUnavailable:
            raise
        except Exception:
            self._database_takes = True
            raise
        self._database_takes = True
