"""Effects in words: what was decided, and what it was before."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gateway.explain import facts
from gateway.explain.before import Before
from gateway.explain.incoming import TIMERS
from gateway.explain.known import Known
from gateway.explain.writing import moment, pairs, written
from rules.effects import WAIT_TIMER

Stored = Mapping[str, Any]


def in_words(effect: Stored, before: Before, known: Known) -> str:
    """An effect as the log has it. Raises KeyError for one that there is not."""
    return WORDS[effect["effect"]](effect, before, known)


def _joined(effect: Stored, before: Before, known: Known) -> str:
    return f"the person becomes participant {effect['participant']}"


def _left(effect: Stored, before: Before, known: Known) -> str:
    return "the person is a participant no more"


def _fields(effect: Stored, before: Before, known: Known) -> str:
    changed = {**effect.get("customer", {}), **effect.get("participant", {})}
    return "; ".join(_field(name, value, before) for name, value in changed.items())


def _field(name: str, value: Any, before: Before) -> str:
    if before.fields is None:
        return f"{name} becomes {written(value)}"
    return f"{name}: {written(before.fields.get(name))} -> {written(value)}"


def _entered(effect: Stored, before: Before, known: Known) -> str:
    return "the participant enters the flows"


def _held(effect: Stored, before: Before, known: Known) -> str:
    return f"kept until the campaign runs again: {facts.in_words(effect['fact'])}"


def _released(effect: Stored, before: Before, known: Known) -> str:
    return "what was kept while the campaign did not run is worked off"


def _planned(effect: Stored, before: Before, known: Known) -> str:
    talk = effect["communication"]
    return f"{talk['node']} plans a communication: agent {talk['agent']}, {_where(talk)}, {moment(talk['at'])}"


def _changed(effect: Stored, before: Before, known: Known) -> str:
    talk, was = effect["communication"], before.communications.get(effect["communication"]["id"])
    changes = "; ".join(_changes(talk, was)) if was else talk["status"]
    return f"the communication of {talk['node']}: {changes or 'goes on as before'}"


def _changes(talk: Stored, was: Stored) -> Iterator[str]:
    if talk.get("opened") and not was.get("opened"):
        yield "begins"
    if talk["node"] != was["node"]:
        yield f"was that of {was['node']}"
    if _where(talk) != _where(was):
        yield f"goes on on {_where(talk)}"
    if talk["at"] != was["at"]:
        yield f"planned for {moment(talk['at'])}"
    if talk.get("attempt", 1) != was.get("attempt", 1):
        yield f"attempt {talk['attempt']}"
    if talk.get("retried", 0) > was.get("retried", 0):
        yield f"retry {talk['retried']}"
    yield from _said(talk.get("talk", {}), was.get("talk", {}))
    if talk["status"] != was["status"]:
        reason = f" ({talk['reason']})" if talk.get("reason") else ""
        yield f"{was['status']} -> {talk['status']}{reason}"


def _said(talk: Stored, was: Stored) -> Iterator[str]:
    """How far the agent is."""
    had = was.get("results", {})
    new = {f"results.{name}": value for name, value in talk.get("results", {}).items() if had.get(name, talk) != value}
    if new:
        yield pairs(new)
    if talk.get("question", 0) != was.get("question", 0):
        yield f"{talk['question']} of its questions {'is' if talk['question'] == 1 else 'are'} done"
    elif talk.get("tries", 0) > was.get("tries", 0):
        yield f"what was answered does not fit (try {talk['tries']})"
    if talk.get("asked", "") != was.get("asked", ""):
        yield "its service is asked" if talk.get("asked") else "its service has answered"
    elif len(talk.get("pending", ())) > len(was.get("pending", ())):
        yield "what the person wrote waits for the service's answer"


def _where(talk: Stored) -> str:
    thread = " in a thread" if talk.get("thread") else ""
    return f"{talk['channel']} to {talk['address']}{thread}" if talk.get("address") else str(talk["channel"])


def _sent(effect: Stored, before: Before, known: Known) -> str:
    choices = f" ({' / '.join(effect['choices'])})" if effect.get("choices") else ""
    where = f"{effect['channel']} to {effect['to']}{' in a thread' if effect.get('thread') else ''}"
    refused = f"; it cannot be sent: {effect['refused']}" if effect.get("refused") else ""
    return f"message {effect['message']} on {where}: {written(effect['text'])}{choices}{refused}"


def _messages_canceled(effect: Stored, before: Before, known: Known) -> str:
    return f"what {known.communication(effect['communication'])} still owes is not sent"


def _message(effect: Stored, before: Before, known: Known) -> str:
    was = before.messages.get(effect["message"], "")
    error = f" ({effect['error']})" if effect.get("error") else ""
    return f"{known.message(effect['message'])}: {f'{was} -> ' if was else ''}{effect['status']}{error}"


def _timer_set(effect: Stored, before: Before, known: Known) -> str:
    return f"timer for {_timer(effect, known)}, at {moment(effect['due'])}"


def _timer_cleared(effect: Stored, before: Before, known: Known) -> str:
    return f"no timer for {_timer(effect, known)}"


def _timer(effect: Stored, known: Known) -> str:
    return f"{known.waits(effect['subject'], effect['name'])}: {TIMERS[effect['name']]}"


def _finished(effect: Stored, before: Before, known: Known) -> str:
    return f"outcome {written(effect['outcome'])}" if effect.get("outcome") else "the outcome is cleared"


def _stopped(effect: Stored, before: Before, known: Known) -> str:
    return f"nothing more is sent to {effect['address']} on {effect['channel']}"


def _run_kept(effect: Stored, before: Before, known: Known) -> str:
    run = effect["run"]
    if run.get("call"):
        return f"the path waits at {run['node']} for an answer"
    return f"the path waits at {run['node']} {'until ' + moment(run['due']) if run.get('due') else 'without a time'}"


def _run_dropped(effect: Stored, before: Before, known: Known) -> str:
    return f"{known.waits(effect['run'], WAIT_TIMER)} waits no longer"


def _called(effect: Stored, before: Before, known: Known) -> str:
    whom = {"webhook": "the service", "python": "the function"}.get(effect["kind"], effect["kind"])
    given = pairs(effect["body"].get("with", {}))
    return f"{whom} {effect['target']} is asked{f' with {given}' if given else ''}"


WORDS: Mapping[str, Callable[[Stored, Before, Known], str]] = {
    "JoinCampaign": _joined,
    "LeaveCampaign": _left,
    "SetFields": _fields,
    "EnterCampaign": _entered,
    "HoldFact": _held,
    "ReleaseFacts": _released,
    "PlanCommunication": _planned,
    "ChangeCommunication": _changed,
    "SendMessage": _sent,
    "CancelMessages": _messages_canceled,
    "ChangeMessage": _message,
    "SetTimer": _timer_set,
    "ClearTimer": _timer_cleared,
    "FinishParticipant": _finished,
    "StopContact": _stopped,
    "KeepRun": _run_kept,
    "DropRun": _run_dropped,
    "PlaceCall": _called,
}
