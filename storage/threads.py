"""Work of a thread, waited for in a loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from storage.errors import StorageUnavailable

T = TypeVar("T")


async def in_thread(threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    """Do ``work`` in one of the threads. Raises `StorageUnavailable` once they are closed."""
    try:
        result = asyncio.get_running_loop().run_in_executor(threads, work)
    except RuntimeError as error:  # what an executor says after its shutdown
        raise StorageUnavailable("the storage is closed") from error
    return await result
