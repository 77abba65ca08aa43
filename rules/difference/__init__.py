"""What is different between two versions of a rule file, in words and with the line of each difference.

`meaning` is what a part of a rulebook comes to, whichever way it is written; `parts` are what a file is made of;
`renames` finds those that only have another name; `written` finds the keys that differ, `words` says it, and
`comparing` puts all together. What means the same, such as a comment or `24h` for `1d`, is no difference.
"""

from rules.difference.change import Change, Difference, Edition, Kind
from rules.difference.comparing import difference, edition

__all__ = ["Change", "Difference", "Edition", "Kind", "difference", "edition"]
