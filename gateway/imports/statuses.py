"""The statuses of uploads (`storage.uploads` says what each is) and of their rows, for those who ask for them."""

from typing import Literal, get_args

Status = Literal["queued", "processing", "paused", "cancelled", "completed", "failed"]
STATUSES: tuple[str, ...] = get_args(Status)
COUNTS = ("created", "updated", "unchanged", "failed")  # what may become of a row
