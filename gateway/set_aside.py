"""Events that the database refused and that are set aside in the spool: brought to it once more, or dropped."""

from collections.abc import Callable

from gateway.batch import consent_of
from gateway.parked_events import IN_SPOOL
from storage.database import Storage
from storage.errors import StorageUnavailable
from storage.spool_file import SpooledEvent
from storage.spool_visit import SpoolVisit
from storage.transaction import Transaction

Tell = Callable[[Transaction], None]

SAID_STOP = "the person has said STOP, or was stopped by the rules, and a retry might undo that: drop it"


def retry_aside(storage: Storage, spool: SpoolVisit, number: int, tell: Tell) -> str:
    """Move the event into the inbox, to be decided; ``tell`` is told in the transaction that does it. Why not, "" where
    it is moved. Raises `StorageUnavailable`."""
    if not (one := find(spool, number)):
        return missing(number)
    try:
        with storage.alone() as t:
            reason = _undone(t, one)
            if not reason:
                t.inbox.keep([one.event])
                tell(t)
    except StorageUnavailable:
        raise
    except Exception as error:  # its words may quote the event
        reason = f"the database refuses it ({type(error).__name__})"
    if reason:
        return f"event {IN_SPOOL}{number}: {reason}"
    spool.remove([number])
    return ""


def drop_aside(storage: Storage, spool: SpoolVisit, number: int, tell: Tell) -> str:
    """Remove the event from the spool, for good, once ``tell`` was told. Why not, "" where it is removed."""
    if not find(spool, number):
        return missing(number)
    with storage.transaction() as t:
        tell(t)
    spool.remove([number])
    return ""


def find(spool: SpoolVisit, number: int) -> SpooledEvent | None:
    """The event of this number, if it is set aside."""
    one = spool.these([number]).get(number)
    return one if one and one.error else None


def missing(number: int) -> str:
    """Why an event can be neither shown nor retried nor dropped."""
    return f"no event {IN_SPOOL}{number} is set aside in the spool"


def _undone(t: Transaction, one: SpooledEvent) -> str:
    """What the person wants, where a retry might undo it: nobody knows whether a START or a STOP came later."""
    consent = consent_of(one.event)
    if consent is None or consent.word == "stop":
        return ""
    return SAID_STOP if t.opt_outs.among([(consent.channel, consent.address)]) else ""
