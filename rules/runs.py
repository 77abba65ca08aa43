"""Paths that wait: how they go on, and how their time is told anew when what it depends on changes."""

from datetime import UTC, datetime, timedelta

from rules.book import Node, Rulebook, TimedNode, TriggerNode
from rules.copies import replace
from rules.effects import WAIT_TIMER, ClearTimer, DropRun, KeepRun, SetTimer
from rules.events import CallAnswered, Event, ParticipantGiven, TimerDue
from rules.facts import Trigger
from rules.fields import from_json, to_json
from rules.participants import SOURCE_CUSTOMER
from rules.reaction import Applied
from rules.scene import Run
from rules.turn import Path, Turn
from rules.values import Value

STANDS_STILL = "the campaign does not run: the path waits on"
PAUSE = timedelta(minutes=1)  # before what the rules bring forward by themselves goes on
NEVER = datetime.max.replace(tzinfo=UTC)
VERSION_GONE = "the rule file that it began with is not to be had any more"


def find_run(turn: Turn, run: str) -> Run | None:
    """The run of that id, while it waits."""
    return next((r for r in turn.scene.runs if r.id == run), None)


def go_on(turn: Turn, run: Run, answer: CallAnswered | None = None) -> Applied:
    """Let the path be walked on from where it waits; the run is dropped. While the campaign does not run it stays."""
    if not turn.scene.active:
        turn.note = STANDS_STILL
        return Applied.STALE
    path = path_of(turn, run)
    drop(turn, run)
    if path is None:
        turn.note = f"a path ends at {run.node}: {VERSION_GONE}"
    else:
        turn.paths.append(path._replace(run=run, answer=answer))
    return Applied.APPLIED


def drop(turn: Turn, run: Run) -> None:
    """The run waits no longer."""
    turn.put(DropRun(run.id))
    if run.due is not None:
        turn.put(ClearTimer(run.id, WAIT_TIMER))


def keep_until(turn: Turn, run: Run, due: datetime | None) -> None:
    """The run waits until ``due``, which is now where it has passed; None: no time is known."""
    due = None if due is None else max(due, turn.now)
    turn.put(KeepRun(replace(run, due=due)))
    turn.put(ClearTimer(run.id, WAIT_TIMER) if due is None else SetTimer(run.id, WAIT_TIMER, due))


def path_of(turn: Turn, run: Run) -> Path | None:
    """The path of the run in the version it began with; None where that is not to be had.

    After a wait a path sees the communication it is about as that is then.
    """
    book = turn.present if run.rules == turn.present.hash else turn.scene.earlier.get(run.rules)
    if book is None or node_named(book, run.node) is None:
        return None
    return Path(run.fact._replace(status="", inputs=_inputs(book, run)), book, run.message)


def node_named(book: Rulebook, full_name: str) -> Node | None:
    """The node of that full name (`flow.node`), if the rule file has it."""
    flow, _, name = full_name.partition(".")
    return book.flows[flow].nodes.get(name) if flow in book.flows else None


def _inputs(book: Rulebook, run: Run) -> tuple[tuple[str, Value], ...]:
    """What the run was handed, as its flow takes it: a run that was kept may hold values as JSON has them."""
    nodes = book.flows[run.flow].nodes.values()
    takes = next((n.takes for n in nodes if isinstance(n, TriggerNode) and n.when is Trigger.FROM_ANOTHER_FLOW), {})
    return tuple((name, from_json(takes[name], to_json(value))) for name, value in run.fact.inputs if name in takes)


def time_anew(turn: Turn) -> None:
    """Tell anew how long those runs wait whose time depends on a field that changed in this reaction.

    Waits that bring one another forward would go on for ever at one instant, each in an event of its own that no
    budget sees: so each of them waits for `PAUSE` at least.
    """
    for run in turn.scene.runs:
        path = None if run.call else path_of(turn, run)
        node = node_named(path.rulebook, run.node) if path else None
        if path and isinstance(node, TimedNode) and node.due_by & turn.changed:
            turn.consider(path)
            due = node.due(turn)
            if due is not None:
                due = max(due, _soonest(turn, run))
            if due != run.due:
                keep_until(turn, run, due)


def _soonest(turn: Turn, run: Run) -> datetime:
    """When the run may go on at the earliest: now where somebody did something; else after a pause, or at its time."""
    return min(turn.now + PAUSE, run.due or NEVER) if _by_itself(turn.event) else turn.now


def _by_itself(event: Event) -> bool:
    """Whether rules alone led to this: a time that came, an answer they asked for, what another campaign changed."""
    shared = isinstance(event, ParticipantGiven) and event.source == SOURCE_CUSTOMER
    return shared or isinstance(event, TimerDue | CallAnswered)
