"""What every process does first that reads a file somebody sent: it takes its job from stdin, has bounded memory, and
ends with the process that started it, however that ends: stdin is at its end then."""

import os
import pickle
import resource
import sys
from threading import Thread
from typing import Any

SIZE = 8  # bytes that tell the length of the job
STDIN, STDOUT = 0, 1
MAX_MEMORY = 1_000_000_000  # bytes of addresses: what a workbook takes is bounded by far less


def begun() -> Any:
    """The job that who started this process wrote to it."""
    limit_memory()
    stdin = sys.stdin.buffer
    job = pickle.loads(stdin.read(int.from_bytes(stdin.read(SIZE), "big")))  # noqa: S301  by who started us
    Thread(target=end_with_parent, daemon=True).start()
    return job


def limit_memory() -> None:
    """What asks for more gets a MemoryError. Linux alone keeps to it."""
    if sys.platform == "linux":
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        most = MAX_MEMORY if hard == resource.RLIM_INFINITY else min(MAX_MEMORY, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def write(message: bytes, to: int = STDOUT) -> None:
    """All of it to stdout, or to another file: a pipe may take a part at a time. Nothing of it stays in a buffer."""
    left = memoryview(message)
    while left:
        left = left[os.write(to, left) :]


def end_with_parent() -> None:
    os.read(STDIN, 1)
    os._exit(1)
