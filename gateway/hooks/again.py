"""What an operator does by hand: tell something again, tell a hook again."""

from datetime import datetime

from storage.deliveries import SENDING
from storage.transaction import Transaction


class Unsendable(Exception):
    """The delivery can't be sent (again) now; the message says why."""


def redeliver(t: Transaction, hook: str, delivery: str, now: datetime) -> None:
    """Owe this delivery anew, under its id. Raises `Unsendable`, and LookupError where there is none."""
    row = t.deliveries.get(hook, delivery)
    if row is None:
        raise LookupError(f"{hook} has no delivery {delivery}")
    if row["state"] == SENDING:
        raise Unsendable("it is being sent at this moment")
    if not row["payload"]:
        raise Unsendable("what it told is not kept any more: its customer was erased")
    t.deliveries.again(hook, delivery, now)


def enable(t: Transaction, hook: str, now: datetime) -> bool:
    """Tell a hook again what happens, and what it is owed at once; whether it was disabled."""
    trouble = t.hook_troubles.all().get(hook, {})
    t.hook_troubles.is_well(hook)
    t.deliveries.due_now(hook, now)
    return trouble.get("disabled_at") is not None
