"""`pointsman demo`: the example campaign from beginning to end, in seconds, on a clock that jumps.

`driving` moves the clock and makes the calls that a billing system would make, `telling` prints what happens, `books`
checks at the end that everything expected happened. What happened is kept in a folder, so that a demo that was cut
off, at whatever moment, goes on where it was.
"""
