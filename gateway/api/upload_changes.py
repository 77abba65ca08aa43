"""`POST /campaigns/{campaign}/uploads/{upload}/pause`, `resume` and `cancel`."""

from collections.abc import Callable
from typing import Any

from gateway.api.answers import Answer
from gateway.api.asked import Asked
from gateway.api.endpoints import Endpoint, NoQuery
from gateway.api.problems import Problem
from gateway.api.scopes import Scope
from gateway.api.uploads import PATH, Upload, in_full, upload_of
from gateway.imports.steering import NotNow, Steered, cancel, pause, resume
from storage.transaction import Transaction

Steer = Callable[[Transaction, str], Steered]
NOT_NOW = "It is too far for that, or that far already"


async def pause_upload(asked: Asked[NoQuery, None]) -> Answer:
    """Pause an upload.

    No further row is read until it is resumed; what was read is decided. Lists behind it wait.
    """
    return await _steered(asked, "pause_upload", pause)


async def resume_upload(asked: Asked[NoQuery, None]) -> Answer:
    """Resume an upload that is paused.

    It goes on after the last row that was read.
    """
    return await _steered(asked, "resume_upload", resume)


async def cancel_upload(asked: Asked[NoQuery, None]) -> Answer:
    """Cancel an upload.

    No further row is read, for good. What was read stays, and is decided. 409 where it is over.
    """
    return await _steered(asked, "cancel_upload", lambda t, upload: cancel(t, upload, asked.desk.now()))


async def _steered(asked: Asked[NoQuery, None], what: str, steer: Steer) -> Answer:
    def work(t: Transaction) -> Upload:
        upload = upload_of(t, asked)["id"]
        steered = steer(t, upload)
        before, after = ({"status": row["status"]} for row in (steered.before, steered.after))
        t.audit.add([asked.entry(what, f"upload/{upload}", before=before, after=after)])
        return in_full(t, asked, steered.after)

    try:
        told = await asked.desk.storage.run(work)
    except NotNow as reason:
        raise Problem(409, "not-now", "This can't be done to the upload now", str(reason)) from None
    asked.desk.uploads.wake(told.campaign)
    return Answer(body=told)


ENDPOINTS: tuple[Endpoint[Any, Any], ...] = tuple(
    Endpoint(
        method="POST",
        path=f"{PATH}/{{upload}}/{name}",
        tag="uploads",
        scope=Scope.WRITE,
        handler=handler,
        answers={200: Upload},
        problems={409: NOT_NOW},
    )
    for name, handler in (("pause", pause_upload), ("resume", resume_upload), ("cancel", cancel_upload))
)
