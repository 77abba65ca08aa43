"""Every decision that is recorded is the same when it is made again with the rule file of then."""

from collections.abc import Iterator

from gateway.recorded import Stretch, Versions, pages
from gateway.replay.replaying import CannotReplay, Replay
from storage.database import Storage


def otherwise(storage: Storage, versions: Versions) -> list[str]:
    """The decisions that would be otherwise, and those that can't be made again though they are whole."""
    return list(_otherwise(Replay(storage, versions, {}, 0)))


def _otherwise(replay: Replay) -> Iterator[str]:
    for one in (one for page in pages(replay.read, Stretch()) for one in page if one.is_whole):
        try:
            replay.confirm(one)
        except CannotReplay as reason:
            yield f"event {one.number} ({one.kind}) in {one.campaign}: {reason}"
