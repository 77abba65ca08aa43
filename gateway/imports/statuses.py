"""The statuses of uploads, for those who ask for one: `storage.uploads` says what each is."""

from typing import Literal, get_args

Status = Literal["queued", "processing", "paused", "cancelled", "completed", "failed"]
STATUSES: tuple[str, ...] = get_args(Status)
