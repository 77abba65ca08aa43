"""The search for inputs: what is new is followed first, and nothing is tried twice."""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from heapq import heappop, heappush

from rules.book import Rulebook
from rules.inputs.candidates import Candidates
from rules.inputs.moves import Input, Move
from rules.inputs.nearness import Nearness
from rules.inputs.offers import Offers
from rules.inputs.play import Play, State
from rules.reaction import LoopFound
from rules.scene import Communication
from rules.scopes import zone_of
from rules.ways import Way

MAX_TRIES = 5_000  # decisions that one search makes
MAX_MOVES = 40  # that lead to one way
ALIKE = 12  # states at one place that are followed
AGAIN = 3  # so much later a state is followed that differs from others by its values alone


def find_inputs(book: Rulebook, wanted: Collection[Way], now: datetime, tries: int = MAX_TRIES) -> Mapping[Way, Input]:
    """For those of the ways ``wanted`` for which one was found: what leads to it. The person begins at ``now`` (UTC),
    or in the days after it.

    Pure and bounded: ``tries`` are the decisions it may take. A way that is not in the answer may be possible.
    """
    search = _Search(book, set(wanted), now, tries)
    search.run()
    return search.found


class _Search:
    """``left`` is what may still be spent; ``places`` counts states that are alike but for their values."""

    def __init__(self, book: Rulebook, wanted: set[Way], now: datetime, tries: int) -> None:
        self.book, self.wanted, self.left = book, wanted, tries
        self.zone = zone_of(book, None)
        self.offers = Offers(book, Candidates(book, now))
        self.nearness = Nearness(book)
        self.found: dict[Way, Input] = {}
        self.walked: set[Way] = set()
        self.places: Counter[object] = Counter()
        self.seen: set[object] = set()
        self.queue: list[tuple[bool, int, int, State]] = []
        self.pushed = 0

    def run(self) -> None:
        for state in self.offers.beginnings():
            self._push(state)
        while self.queue and self.left > 0 and not self._done:
            *_, state = heappop(self.queue)
            self._try_all(state)

    @property
    def _done(self) -> bool:
        return len(self.found) == len(self.wanted)

    def _try_all(self, state: State) -> None:
        for move in self.offers.moves(state):
            if self._try(state, move):
                for other in self.offers.otherwise(move):
                    self._try(state, other)
            if self.left <= 0 or self._done:
                return

    def _try(self, state: State, move: Move) -> bool:
        """Whether it matters what becomes of what is sent then."""
        play = Play(self.book, state)
        try:
            after = play.take(move)
        except LoopFound:
            return False
        finally:
            self.left -= max(1, play.reactions)
        self._note(play.walked, after)
        if len(after.moves) < MAX_MOVES:
            self._follow(play.walked, after)
        return play.receipts > 0

    def _note(self, walked: set[Way], after: State) -> None:
        for way in walked & self.wanted:
            before = self.found.get(way)
            if before is None or _effort(after) < sum(move.total for move in before.moves):
                self.found[way] = Input(way, after.moves, self.zone)

    def _follow(self, walked: set[Way], after: State) -> None:
        new = walked - self.walked
        self.walked |= walked
        place = _place(after)
        values = (place, _values(after), self._hour(after))
        if values in self.seen and not new:
            return
        self.seen.add(values)
        self.places[place] += 1
        if new or self.places[place] <= ALIKE:
            self._push(after, bool(new), AGAIN if self.places[place] > 1 else 0)

    def _hour(self, state: State) -> tuple[int, int] | None:
        """The day of the week and the hour, where the rules may look at them."""
        return (state.now.isoweekday(), state.now.hour) if self.offers.candidates.clocks else None

    def _push(self, state: State, new: bool = False, later: int = 0) -> None:
        self.pushed += 1
        missing = self.wanted.difference(self.found)
        rank = _effort(state) + self.nearness.to(missing, state) + later
        heappush(self.queue, (not new, rank, self.pushed, state))


def _effort(state: State) -> int:
    return sum(move.total for move in state.moves)


def _place(state: State) -> object:
    """Where the person stands, whatever the values are."""
    scene = state.scene
    talks = {talk.node: _talk(talk) for talk in scene.communications}
    outcome = scene.participant.outcome if scene.participant else None
    runs = frozenset(run.node for run in scene.runs)
    timers = frozenset(name for _, name in state.timers)
    return frozenset(talks.items()), outcome, runs, timers, len(state.calls), scene.opted_out


def _talk(talk: Communication) -> tuple[object, ...]:
    return talk.status.value, talk.channel, talk.attempt, talk.talk.question, talk.talk.tries


def _values(state: State) -> object:
    scene = state.scene
    fields = {**scene.customer.fields, **(scene.participant.fields if scene.participant else {})}
    results = {talk.node: tuple(sorted(talk.talk.results.items())) for talk in scene.communications}
    return tuple(sorted((n, repr(v)) for n, v in fields.items())), repr(sorted(results.items()))
