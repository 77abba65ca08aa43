"""Participants join, enter once, and change; what changes nothing fires nothing."""

from decimal import Decimal
from typing import Any

import pytest

from rules.effects import EnterCampaign, JoinCampaign, SetFields
from rules.events import CampaignStarted
from rules.reaction import Applied
from tests.rules.scenes import NOW, book, decide, given, only, raised, someone, stranger

BOOK = book("""
campaign: clinic
fields:
  name: {type: string, level: customer}
  town: {type: string, level: customer, default: Berlin}
  fee: {type: numeric}
  state: {type: enumeration, values: [new, seen], default: new}
flows:
  joined: {created: {when: participant_created}}
  changed: {updated: {when: participant_updated}}
""")
STARTED = CampaignStarted(id="started", at=NOW)


def test_who_is_new_joins_with_the_defaults_and_enters() -> None:
    reaction = decide(BOOK, given(name="Ada", fee=Decimal(5)), stranger())

    assert reaction.applied is Applied.CREATED
    assert reaction.effects == (
        JoinCampaign("participant"),
        SetFields({"town": "Berlin", "name": "Ada"}, {"state": "new", "fee": Decimal(5)}),
        EnterCampaign(),
    )
    assert raised(reaction) == ["participant_created"]
    assert reaction.log[0].fact.source == "import"


def test_what_is_known_of_a_customer_goes_before_a_default() -> None:
    reaction = decide(BOOK, given(), stranger(fields={"town": "Rome"}))

    assert only(reaction, SetFields) == [SetFields({}, {"state": "new"})]


def test_while_the_campaign_does_not_run_people_join_but_do_not_enter() -> None:
    scene = someone(active=False, entered=False)
    reaction = decide(BOOK, given(fee=Decimal(5)), scene)

    assert reaction.applied is Applied.UPDATED
    assert only(reaction, EnterCampaign) == []
    assert reaction.log == ()


def test_when_it_starts_those_who_joined_enter_once() -> None:
    early = decide(BOOK, STARTED, someone(entered=False, active=False))
    first = decide(BOOK, STARTED, someone(entered=False))
    again = decide(BOOK, STARTED, first.scene)

    assert (early.applied, early.effects) == (Applied.UNCHANGED, ())
    assert (first.applied, raised(first)) == (Applied.APPLIED, ["participant_created"])
    assert (again.applied, again.effects, again.log) == (Applied.UNCHANGED, (), ())


def test_an_import_that_changes_somebody_updates_and_never_creates() -> None:
    scene = someone(fields={"fee": Decimal(5), "state": "seen"}, shared={"name": "Ada"})

    reaction = decide(BOOK, given("api", name="Ada", fee=Decimal(6)), scene)

    assert reaction.applied is Applied.UPDATED
    assert reaction.effects == (SetFields({}, {"fee": Decimal(6)}),)
    (considered,) = reaction.log
    assert (considered.fact.trigger, considered.fact.source) == ("participant_updated", "api")
    assert considered.fact.changed == {"fee"}


@pytest.mark.parametrize("fields", [{}, {"fee": Decimal("5.00")}, {"name": "Ada"}, {"town": None}])
def test_an_import_that_changes_nothing_fires_nothing(fields: dict[str, Any]) -> None:
    scene = someone(fields={"fee": Decimal(5)}, shared={"name": "Ada"})

    reaction = decide(BOOK, given(**fields), scene)

    assert (reaction.applied, reaction.effects, reaction.log) == (Applied.UNCHANGED, (), ())


def test_a_field_can_be_cleared() -> None:
    reaction = decide(BOOK, given(fee=None), someone(fields={"fee": Decimal(5)}))

    assert reaction.effects == (SetFields({}, {"fee": None}),)


def test_who_joined_before_the_start_enters_before_the_next_import_changes_them() -> None:
    """As if the start had been told of first."""
    reaction = decide(BOOK, given(fee=Decimal(6)), someone(entered=False))

    assert reaction.applied is Applied.UPDATED
    assert raised(reaction) == ["participant_created", "participant_updated"]


def test_a_customer_changed_by_another_campaign_updates_this_one_and_writes_nothing() -> None:
    scene = someone(fields={"fee": Decimal(5)}, shared={"name": "Ada", "town": "Rome"})

    reaction = decide(BOOK, given("customer", name="Bob", town="Rome", fee=Decimal(9), other="x"), scene)

    assert reaction.effects == ()
    (considered,) = reaction.log
    assert considered.fact.source == "customer"
    assert considered.fact.changed == {"name"}


def test_a_customer_changed_elsewhere_in_nothing_we_declare_fires_nothing() -> None:
    reaction = decide(BOOK, given("customer", other="x"), someone())

    assert (reaction.applied, reaction.log) == (Applied.UNCHANGED, ())


def test_a_customer_changed_elsewhere_does_not_join() -> None:
    reaction = decide(BOOK, given("customer", name="Bob"), stranger())

    assert (reaction.applied, reaction.effects) == (Applied.UNCHANGED, ())


def test_a_value_for_a_field_that_is_no_longer_declared_is_noted_and_left_out() -> None:
    reaction = decide(BOOK, given(gone="x", fee=Decimal(6)), someone())

    assert reaction.effects == (SetFields({}, {"fee": Decimal(6)}),)
    assert reaction.note == "not in the rule file: gone"
