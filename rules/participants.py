"""How a participant joins, enters and changes."""

from datetime import datetime

from rules.book import Rulebook
from rules.effects import EnterCampaign, JoinCampaign
from rules.events import CampaignStarted, ParticipantEnrolled, ParticipantGiven
from rules.facts import Fact, Trigger
from rules.fields import TIMEZONE_FIELD
from rules.local import placed
from rules.reaction import Applied
from rules.scopes import zone_of
from rules.turn import Turn, same
from rules.values import Value, Values

SOURCE_CUSTOMER = "customer"  # another campaign changed the shared customer
SOURCE_FLOW = "flow"
SOURCE_API = "api"


def take_participant(turn: Turn, given: ParticipantGiven) -> Applied:
    """Participant Created fires for one who enters, Participant Updated for one who changed; never both."""
    if turn.scene.participant is None:
        return _take_absent(turn, given)
    shared = given.source == SOURCE_CUSTOMER
    changed = _changed_elsewhere(turn, given.fields) if shared else _take(turn, given.fields)
    changed |= given.identifiers
    if not changed:
        return Applied.UNCHANGED
    tell_updated(turn, changed, given.source)
    return Applied.UPDATED


def _take_absent(turn: Turn, given: ParticipantGiven) -> Applied:
    if given.source == SOURCE_CUSTOMER:
        return Applied.UNCHANGED
    return _join(turn, given) if given.joins else Applied.UNKNOWN


def start(turn: Turn, _: CampaignStarted) -> Applied:
    """There is no more to do than before any other event: what was held has been worked off."""
    return Applied.APPLIED if turn.effects else Applied.UNCHANGED


def enroll_again(turn: Turn, _: ParticipantEnrolled) -> Applied:
    """Participant Created fires once more, and there is no outcome yet; what is going on goes on.

    Nothing changes for one who is to enter once the campaign runs.
    """
    participant = turn.scene.participant
    if participant is None:
        return Applied.UNKNOWN
    if not participant.entered or any(fact.trigger is Trigger.PARTICIPANT_CREATED for fact in participant.held):
        return Applied.UNCHANGED
    if participant.outcome:
        turn.finish("")
    turn.raise_fact(Fact(Trigger.PARTICIPANT_CREATED, source=SOURCE_API))
    return Applied.APPLIED


def write_fields(turn: Turn, values: Values) -> frozenset[str]:
    """A flow writes these fields: Participant Updated fires if any of them changed; their names."""
    changed = turn.set_fields(_placed(turn, values))
    if changed:
        tell_updated(turn, changed, SOURCE_FLOW)
    return changed


def tell_updated(turn: Turn, changed: frozenset[str], source: str) -> None:
    turn.raise_fact(Fact(Trigger.PARTICIPANT_UPDATED, source=source, changed=changed))


def _join(turn: Turn, given: ParticipantGiven) -> Applied:
    turn.put(JoinCampaign(given.participant))
    _take(turn, {**_defaults(turn), **given.fields})
    if turn.scene.active:
        turn.put(EnterCampaign())
    turn.raise_fact(Fact(Trigger.PARTICIPANT_CREATED, source=given.source))
    return Applied.CREATED


def _take(turn: Turn, fields: Values) -> frozenset[str]:
    """The names of the fields that changed; a field the rule file no longer has is left out and noted."""
    gone = sorted(name for name in fields if name not in turn.rulebook.fields)
    if gone:
        turn.note = f"not in the rule file: {', '.join(gone)}"
    return turn.set_fields(_placed(turn, {name: value for name, value in fields.items() if name not in gone}))


def _placed(turn: Turn, values: Values) -> Values:
    """The values with local moments as instants: on the clocks of the time zone that comes with them, else of the one
    the participant has, else of the campaign's."""
    if datetime not in map(type, values.values()):
        return values
    moves = TIMEZONE_FIELD in values
    zone = zone_of(turn.rulebook, values[TIMEZONE_FIELD]) if moves else turn.scope.zone
    return {name: placed(value, zone) for name, value in values.items()}


def _defaults(turn: Turn) -> dict[str, Value]:
    """The defaults of the fields that have no value yet; a customer may bring some from another campaign."""
    return {
        name: field.default
        for name, field in turn.rulebook.fields.items()
        if field.default is not None and turn.current(name) is None
    }


def _changed_elsewhere(turn: Turn, before: Values) -> frozenset[str]:
    names = (name for name in before if _is_shared(turn.rulebook, name))
    return frozenset(name for name in names if not same(before[name], turn.current(name)))


def _is_shared(rulebook: Rulebook, name: str) -> bool:
    field = rulebook.fields.get(name)
    return field is not None and field.level == SOURCE_CUSTOMER
