"""`python kill_at.py POINT NUMBER ARGUMENTS...`: run `pointsman ARGUMENTS`, killed at the NUMBER-th passing of POINT.

The program knows nothing of this: the function that stands for the point is replaced before the program begins.
"""

import inspect
import os
import signal
import sys
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from itertools import count
from typing import Any

BEFORE, AFTER = "before", "after"

POINTS = {
    # Making the project, its database, and its place among the ports.
    "some files of the project are written": ("pathlib.Path.mkdir", AFTER),
    "the port is chosen": ("gateway.demo.play.write_whole", BEFORE),
    "a table is made": ("alembic.ddl.impl.DefaultImpl.create_table", AFTER),
    "the rules are stored, not committed": ("gateway.watching.store", AFTER),
    # Everything that is one transaction.
    "before a commit": ("sqlalchemy.engine.default.DefaultDialect.do_commit", BEFORE),
    "after a commit": ("sqlalchemy.engine.default.DefaultDialect.do_commit", AFTER),
    "claimed, not committed": ("storage.outbox.Outbox.claim", AFTER),
    "recorded, not committed": ("storage.outbox.Outbox.sent_many", AFTER),
    "decided, not committed": ("gateway.worker.Worker.decide", AFTER),
    # In and out.
    "kept, not answered": ("storage.group_commit.GroupCommit.keep", AFTER),
    "spooled, not answered": ("storage.spool.Spool.keep", AFTER),
    "spooled, not moved": ("storage.spool.Spool.oldest", AFTER),
    "moved, not forgotten": ("storage.spool.Spool.moved", AFTER),
    "moved and forgotten": ("storage.spool.Spool.forget", AFTER),
    "claimed, not sent by SMS": ("channels.twilio.adapter.TwilioSms.send", BEFORE),
    "claimed, not sent on Slack": ("channels.slack.adapter.Slack.send", BEFORE),
    "sent by SMS, not recorded": ("channels.twilio.adapter.TwilioSms.send", AFTER),
    "sent on Slack, not recorded": ("channels.slack.adapter.Slack.send", AFTER),
    "found again, not recorded": ("channels.twilio.adapter.TwilioSms.find", AFTER),
    "a service was asked, nobody knows": ("gateway.calls.posting.Service.ask", AFTER),
    "a notice is owed, not committed": ("storage.deliveries.Deliveries.owe", AFTER),
    "a delivery is claimed, not committed": ("storage.deliveries.Deliveries.claim", AFTER),
    "a delivery is claimed, not sent": ("gateway.hooks.posting.Hook.send", BEFORE),
    "a hook was told, nobody knows": ("gateway.hooks.posting.Hook.send", AFTER),
    "a delivery is recorded, not committed": ("storage.deliveries.Deliveries.delivered", AFTER),
    "a function was run, nobody knows": ("gateway.calls.python_desk.PythonDesk.ask", AFTER),
    "answered, not told": ("gateway.calls.caller.answer_event", AFTER),
    "an upload is on disk, not accepted": ("gateway.imports.desk.UploadDesk.accept", BEFORE),
    "an upload is accepted, not answered": ("gateway.imports.desk.UploadDesk.accept", AFTER),
    "an upload's turn has come, not committed": ("storage.uploads.Uploads.begin", AFTER),
    "rows are counted, not committed": ("gateway.imports.rows.count", AFTER),
    "rows are kept, not committed": ("gateway.imports.rows.keep", AFTER),
    "rows are kept, their list is not over": ("gateway.imports.rows.end", BEFORE),
    "timers fire, not committed": ("gateway.timers.Timers.fire", AFTER),
    # The sandbox and the demo's own steps.
    "the provider has noted it, nobody knows": ("channels.sandbox.journal.Journal.keep", AFTER),
    "a call is answered, not marked": ("gateway.demo.driving.Driver._call", AFTER),
    "the end is written, not marked": ("gateway.demo.play.tell_end", BEFORE),
}

POINTS_OF_COMMANDS = {  # those that no demo passes
    "a table is backed up": ("storage.backup.rows_of_table", AFTER),
    "a backup is written, not in its place": ("storage.backup.sync", BEFORE),
    "a table is restored": ("storage.restoring.fill", AFTER),
    "all is restored, not committed": ("storage.restoring.look_before_sending", AFTER),
}


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killing(function: Callable[..., Any], when: str, number: int) -> Callable[..., Any]:
    """The function, that kills the process at its ``number``-th call."""
    calls = count(1)

    @wraps(function)
    def plain(*args: Any, **options: Any) -> Any:
        last = next(calls) == number
        if last and when == BEFORE:
            kill()
        result = function(*args, **options)
        if last:
            kill()
        return result

    @wraps(function)
    async def waiting(*args: Any, **options: Any) -> Any:
        last = next(calls) == number
        if last and when == BEFORE:
            kill()
        result = await function(*args, **options)
        if last:
            kill()
        return result

    return waiting if inspect.iscoroutinefunction(function) else plain


def owner_of(path: str) -> tuple[Any, str]:
    """The module or class that holds what ``path`` names, and the last name."""
    *names, last = path.split(".")
    depth = next(n for n in range(len(names), 0, -1) if is_module(".".join(names[:n])))
    owner: Any = import_module(".".join(names[:depth]))
    for name in names[depth:]:
        owner = getattr(owner, name)
    return owner, last


def is_module(name: str) -> bool:
    try:
        import_module(name)
    except ModuleNotFoundError:
        return False
    return True


def arm(point: str, number: int) -> None:
    """From now on the process dies at this passing of the point."""
    path, when = (POINTS | POINTS_OF_COMMANDS)[point]
    owner, name = owner_of(path)
    setattr(owner, name, killing(getattr(owner, name), when, number))


def main() -> None:
    _, point, number, *arguments = sys.argv
    arm(point, int(number))
    from gateway.cli import main as pointsman

    pointsman(arguments)


if __name__ == "__main__":
    main()
