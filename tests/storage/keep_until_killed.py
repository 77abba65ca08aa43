"""A program for `test_group_commit`: keeps events until it is killed and prints the key of each one acknowledged."""

import asyncio
import os
import sys
from itertools import count

from storage.database import Storage
from storage.group_commit import GroupCommit
from tests.storage.rows import event

CALLERS = 20


async def keep_for_ever(commit: GroupCommit, caller: int) -> None:
    for number in count():
        key = f"{caller}-{number}"
        await commit.keep(event(key))
        os.write(sys.stdout.fileno(), f"{key}\n".encode())


async def main(url: str) -> None:
    commit = GroupCommit(Storage(url))
    await asyncio.gather(*(keep_for_ever(commit, caller) for caller in range(CALLERS)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
