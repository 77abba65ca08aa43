"""What became of what was decided: read from the decisions that came later, and from how things stand now."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from gateway.explain.values import Became
from gateway.explain.writing import moment
from gateway.recorded import Recorded, recorded_of
from storage.transaction import Transaction
from storage.values import Row

LATER = 500  # decisions about one person that are looked through for what became of an earlier one
TOLD = 20  # things that became of one effect
OWED = "owed"
CAME_DUE, UNWANTED, WENT_ON, ENDED = "came due", "no longer wanted", "went on", "ended"
SETTLED = ("message", "communication")  # of which the news say how they stand
ENDS = (CAME_DUE, UNWANTED, WENT_ON, ENDED)

Key = tuple[str, ...]
Stored = Mapping[str, Any]


class News(NamedTuple):
    """Something that an effect of an event did to what ``key`` names; ``place`` orders those of one event."""

    event: int
    place: int
    at: datetime
    key: Key
    what: str


@dataclass(frozen=True)
class Aftermath:
    """``news`` in their order by what they are about; ``now`` is how each thing stands. ``is_whole``: all that came
    later was looked at."""

    news: Mapping[Key, list[News]] = field(default_factory=dict)
    now: Mapping[Key, str] = field(default_factory=dict)
    is_whole: bool = True

    def of(self, effect: Stored, event: int, place: int) -> tuple[Became, ...]:
        """What became of an effect, the one at that ``place`` of the event."""
        key = key_of(effect)
        if key is None or effect.get("refused"):
            return ()
        later = list(up_to_the_end(one for one in self.news.get(key, ()) if (one.event, one.place) > (event, place)))
        told = [Became(what=one.what, event=one.event, at=one.at) for one in later[:TOLD]]
        if len(later) > TOLD:
            told.append(Became(what=f"and {len(later) - TOLD} more"))
        brought_about = effect["communication"]["status"] if key[0] == "communication" else ""
        return (*told, *self._now(key, later[-1].what if later else brought_about))

    def _now(self, key: Key, last: str) -> Iterator[Became]:
        """How it stands, where the ``last`` that was told does not say so."""
        now = self.now.get(key, "")
        if now and not last.startswith(now) and (key[0] in SETTLED or not last):
            yield Became(what=f"now {now}")
        elif not self.is_whole and not last:
            yield Became(what=f"more than {LATER} decisions came later, which were not all looked at")


def up_to_the_end(news: Iterable[News]) -> Iterator[News]:
    """The news of a timer or a path until it is over: whatever comes later is another one's."""
    for one in news:
        yield one
        if one.what in ENDS:
            return


def aftermath(t: Transaction, explained: Collection[Recorded]) -> Aftermath:
    """What became of these decisions; all are about one customer."""
    customer = next((one.customer for one in explained if one.customer), "")
    if not customer:
        return Aftermath()
    first, since = min(one.number for one in explained), min(one.now for one in explained)
    rows = t.decisions.of_customer_since(customer, first, since, LATER)
    found = [one for row in rows for one in recorded_of(row)]
    news: dict[Key, list[News]] = defaultdict(list)
    for one in found:
        for told in news_in(one):
            if told.what not in {before.what for before in news[told.key][-1:]}:
                news[told.key].append(told)
    keys = {key for one in explained for effect in one.part.get("effects", ()) if (key := key_of(effect))}
    return Aftermath(news, how_stand(t, keys), len(rows) < LATER)


def key_of(effect: Stored) -> Key | None:
    """What an effect brings about that something may become of."""
    find = KEYS.get(effect["effect"])
    return find(effect) if find else None


KEYS: Mapping[str, Callable[[Stored], Key]] = {
    "SendMessage": lambda effect: ("message", effect["message"]),
    "PlanCommunication": lambda effect: ("communication", effect["communication"]["id"]),
    "ChangeCommunication": lambda effect: ("communication", effect["communication"]["id"]),
    "SetTimer": lambda effect: ("timer", effect["subject"], effect["name"]),
    "KeepRun": lambda effect: ("run", effect["run"]["id"]),
    "PlaceCall": lambda effect: ("call", effect["call"]),
}


def news_in(one: Recorded) -> Iterator[News]:
    """What this decision did to things that others had brought about."""
    event = one.part.get("given", {}).get("event", {})
    if event.get("kind") == "TimerDue":
        yield News(one.number, -1, one.now, ("timer", event["subject"], event["name"]), CAME_DUE)
    if event.get("kind") == "CallAnswered":
        what = "answered" if event.get("answer") is not None else f"failed: {event.get('error', '')}"
        yield News(one.number, -1, one.now, ("call", event["call"]), what)
    resumed = {fact["run"] for fact in one.part.get("facts", ()) if fact.get("run")}
    for place, effect in enumerate(one.part.get("effects", ())):
        if tell := NEWS.get(effect["effect"]):
            key, what = tell(effect, resumed)
            yield News(one.number, place, one.now, key, what)


def _message(effect: Stored, resumed: Collection[str]) -> tuple[Key, str]:
    return ("message", effect["message"]), _because(effect["status"], effect.get("error"))


def _communication(effect: Stored, resumed: Collection[str]) -> tuple[Key, str]:
    talk = effect["communication"]
    return ("communication", talk["id"]), _because(talk["status"], talk.get("reason"))


def _timer_set(effect: Stored, resumed: Collection[str]) -> tuple[Key, str]:
    return ("timer", effect["subject"], effect["name"]), f"moved to {moment(effect['due'])}"


def _timer_cleared(effect: Stored, resumed: Collection[str]) -> tuple[Key, str]:
    return ("timer", effect["subject"], effect["name"]), UNWANTED


def _run_kept(effect: Stored, resumed: Collection[str]) -> tuple[Key, str]:
    run = effect["run"]
    until = f"until {moment(run['due'])}" if run.get("due") else "without a time"
    return ("run", run["id"]), f"waits at {run['node']} {until}"


def _run_dropped(effect: Stored, resumed: Collection[str]) -> tuple[Key, str]:
    return ("run", effect["run"]), WENT_ON if effect["run"] in resumed else ENDED


NEWS: Mapping[str, Callable[[Stored, Collection[str]], tuple[Key, str]]] = {
    "ChangeMessage": _message,
    "PlanCommunication": _communication,
    "ChangeCommunication": _communication,
    "SetTimer": _timer_set,
    "ClearTimer": _timer_cleared,
    "KeepRun": _run_kept,
    "DropRun": _run_dropped,
}


def how_stand(t: Transaction, keys: Collection[Key]) -> dict[Key, str]:
    """How each of these things stands now; nothing of those that are gone."""
    of = {kind: [key[1] for key in keys if key[0] == kind] for kind in ("message", "communication", "timer", "call")}
    messages, talks = t.messages.by_ids(of["message"]), t.communications.by_ids(of["communication"])
    standing = t.timers.standing(of["timer"])
    stand: dict[Key, str] = {("message", id): _message_now(row) for id, row in messages.items()}
    stand |= {("communication", id): row["status"] for id, row in talks.items()}
    stand |= {("timer", *pair): "waited for" for pair in standing}
    return stand | {("call", id): state for id, state in t.calls.states(of["call"]).items() if state != "done"}


def _message_now(row: Row) -> str:
    return _because(row["status"] or OWED, row["error"])


def _because(status: str, reason: str | None) -> str:
    return f"{status} ({reason})" if reason else str(status)
