"""W310: a communication whose own hours and days are all quiet ones of the campaign, so that it never begins by itself.

What answers a message that the person has just written is not held back by contact limits: a node that only incoming
sessions lead to is not warned of, unless it has an `at`.
"""

from collections.abc import Iterator
from functools import reduce
from operator import and_, or_

from rules.actions.communicate import Communicate
from rules.contact import Contact
from rules.facts import Trigger
from rules.hours import Hours
from rules.lint.ground import Ground, path_of

CODE = "W310"
_DAYS_OF_A_YEAR = 366
_DAY = 24 * 60  # minutes
_WHOLE_WEEK = (1 << 7 * _DAY) - 1
_ANSWERS = (Trigger.INCOMING_SESSION, Trigger.FROM_ANOTHER_FLOW)


def check_no_time(ground: Ground) -> None:
    """Notes each communication that the limits of the file leave no time to begin."""
    for node in _without_time(ground):
        key = next((key for key in ("between", "days") if path_of(node, key) in ground.notes.marked.values), "do")
        if node.at is not None:
            message = "this never begins: the campaign's contact limits leave none of its times"
        else:
            message = "this can begin only as an answer: the campaign's contact limits leave none of its times"
        hint = "change these hours and days, or those of contact at the top of the file"
        ground.notes.at_key(path_of(node, key), CODE, message, hint)


def _without_time(ground: Ground) -> Iterator[Communicate]:
    by_itself = ground.reached(node.full_name for node in ground.book.triggers if node.when not in _ANSWERS)
    left = _left(ground.book.contact)
    for node in ground.talks if left != _WHOLE_WEEK else ():
        if not left & _week_of(node.conduct.hours) and (node.at is not None or node.full_name in by_itself):
            yield node


def _left(contact: Contact) -> int:
    """The minutes of a week in which people may be written to, whatever the time zone: clocks that are set forward or
    back bring no hours together that do not meet. A day of the year that is no holiday is any day of the week once."""
    if len(contact.yearly) == _DAYS_OF_A_YEAR:
        return 0
    return reduce(and_, map(_week_of, contact.hours), _WHOLE_WEEK)


def _week_of(hours: Hours) -> int:
    """The minutes of a week that the hours hold, one bit for each."""
    begins, ends = (clock.hour * 60 + clock.minute for clock in (hours.begins, hours.ends))
    length = (ends - begins) % _DAY or _DAY
    minutes = reduce(or_, (((1 << length) - 1) << (day * _DAY + begins) for day in hours.days), 0)
    return minutes & _WHOLE_WEEK | minutes >> 7 * _DAY  # Sunday's may go on on Monday
