"""Recorded decisions made again with other rule files, and what would be otherwise. Nothing is sent or changed.

`answers` compares what was decided with what would be; `cases` are the ways in which they differ, `finding` finds
them, `tally` counts them; `replaying` decides a stretch of events again, `jobs` shares them out to processes.
"""
