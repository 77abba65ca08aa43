"""What people write: words of consent, answers, and everything else."""

from dataclasses import replace

import pytest

from rules.effects import CancelMessages, ChangeCommunication, ClearTimer, SendMessage, SetTimer
from rules.facts import Trigger
from rules.reaction import Applied
from rules.scene import Talk
from tests.rules.scenes import (
    NOW,
    PHONE,
    SLACK,
    TALKS,
    book,
    decide,
    due,
    later,
    only,
    raised,
    someone,
    status,
    stranger,
    talk,
    wrote,
)

BOOK = book(TALKS)
PLANNED = talk("planned", opened=False)


def test_a_message_that_answers_nothing_is_an_incoming_session() -> None:
    reaction = decide(BOOK, wrote("join us"), someone())

    (considered,) = reaction.log
    assert reaction.effects == ()
    assert (considered.fact.trigger, considered.fact.channel) == (Trigger.INCOMING_SESSION, "sms")
    assert considered.fact.keyword == "JOIN"


@pytest.mark.parametrize("scene", [stranger(), someone(active=False)])
def test_nothing_fires_for_a_stranger_or_while_the_campaign_does_not_run(scene: object) -> None:
    reaction = decide(BOOK, wrote("join"), scene)  # type: ignore[arg-type]

    assert (reaction.effects, reaction.log) == ((), ())


def test_an_answer_goes_to_its_talk_and_is_no_incoming_session() -> None:
    reaction = decide(BOOK, wrote("yes"), someone(communications=(talk("delivered"),)))

    assert raised(reaction) == ["communication_updated replied"]
    assert only(reaction, SetTimer) == [SetTimer("c1", "reply", later(hours=2))]
    assert [m.text for m in only(reaction, SendMessage)] == ["How many guests?"]


def test_an_answer_that_overtakes_the_receipts_is_an_answer() -> None:
    reaction = decide(BOOK, wrote("yes"), someone(communications=(talk("planned"),)))

    assert status(reaction) == "replied"


def test_the_latest_of_several_open_talks_is_answered() -> None:
    scene = someone(communications=(talk("delivered"), talk("started", id="c2"), talk("completed", id="c3")))

    reaction = decide(BOOK, wrote("yes"), scene)

    assert (status(reaction), status(reaction, "c2")) == ("delivered", "replied")


@pytest.mark.parametrize(
    "elsewhere",
    [
        talk("completed"),
        talk("planned", opened=False),
        talk("delivered", address="+4930"),
        talk("delivered", channel="team"),
        talk("delivered", thread="17.1"),
    ],
)
def test_a_talk_elsewhere_ended_or_not_begun_hears_nothing(elsewhere: object) -> None:
    reaction = decide(BOOK, wrote("yes"), someone(communications=(elsewhere,)))

    assert raised(reaction) == ["incoming_session"]


def test_an_answer_in_a_thread_goes_to_the_talk_that_lives_there() -> None:
    there = talk("delivered", channel="team", address=SLACK, thread="17.1")
    event = wrote("yes", channel="team", address=SLACK, thread="17.1")

    reaction = decide(BOOK, event, someone(communications=(there,)))

    assert [(m.to, m.thread) for m in only(reaction, SendMessage)] == [(SLACK, "17.1")]


def test_while_the_campaign_does_not_run_a_talk_goes_on_and_fires_nothing() -> None:
    reaction = decide(BOOK, wrote("yes"), someone(communications=(talk(),), active=False))

    assert status(reaction) == "replied"
    assert reaction.log == ()


def test_stop_ends_every_talk_on_that_address_and_no_other() -> None:
    scene = someone(
        communications=(
            talk("replied"),
            talk("planned", id="c2", opened=False),
            talk("delivered", id="c3", channel="team", address=SLACK),
            talk("completed", id="c4"),
        )
    )

    reaction = decide(BOOK, wrote("stop", consent="stop"), scene)

    assert [c.status.value for c in reaction.scene.communications] == ["canceled", "canceled", "delivered", "completed"]
    assert {e.communication.reason for e in only(reaction, ChangeCommunication)} == {"opted out"}
    assert only(reaction, CancelMessages) == [CancelMessages("c1")]
    assert ClearTimer("c2", "start") in reaction.effects
    assert raised(reaction) == ["communication_ended canceled"] * 2


def test_after_stop_no_flow_writes_there_again() -> None:
    insisting = book(TALKS.replace("ended: {when: communication_ended}", "ended: {when: communication_ended, next: x}\n"
        "    x: {do: reply, text: Really?}"))  # fmt: skip

    reaction = decide(insisting, wrote("stop", consent="stop"), someone(communications=(talk(),)))

    assert only(reaction, SendMessage) == []
    assert (("sms", PHONE)) in reaction.scene.opted_out


@pytest.mark.parametrize("consent", ["stop", "help"])
def test_stop_and_help_reach_neither_agents_nor_flows(consent: str) -> None:
    reaction = decide(BOOK, wrote(consent, consent=consent), someone())

    assert (reaction.applied, reaction.effects, reaction.log) == (Applied.APPLIED, (), ())


def test_help_leaves_an_open_talk_as_it_is() -> None:
    reaction = decide(BOOK, wrote("help", consent="help"), someone(communications=(talk("delivered"),)))

    assert (reaction.effects, status(reaction)) == ((), "delivered")


def test_start_is_a_message_like_any_other() -> None:
    """YES is a word that opts in and an answer to a question."""
    answered = decide(BOOK, wrote("yes", consent="start"), someone(communications=(talk(),)))
    unasked = decide(BOOK, wrote("start", consent="start"), someone())

    assert answered.scene.communications[0].talk.results == {"coming": True}
    assert raised(unasked) == ["incoming_session"]


def test_a_talk_goes_on_with_the_rule_file_it_began_with() -> None:
    earlier = book(TALKS.replace("How many guests?", "With whom?"))
    scene = someone(communications=(talk(rules="earlier"),), earlier={"earlier": earlier})

    assert [m.text for m in only(decide(BOOK, wrote("yes"), scene), SendMessage)] == ["With whom?"]


def test_a_talk_whose_agent_is_gone_is_canceled_and_says_so() -> None:
    reaction = decide(BOOK, wrote("yes"), someone(communications=(talk(agent="nobody"),)))

    ended = reaction.scene.communications[0]
    assert (ended.status, ended.reason) == ("canceled", "agent nobody is no longer in the rule file")


LONG = 'opening: "' + "{{ name }}" * 8 + '"'
LONGER = book(TALKS.replace('opening: "Hi {{ name }}."', LONG).replace("How many guests?", "{{ name }}" * 9))


def test_a_talk_whose_next_text_is_too_long_to_be_sent_fails_and_says_so() -> None:
    reaction = decide(LONGER, wrote("yes"), someone(communications=(talk(),), shared={"name": "x" * 200}))

    ended = reaction.scene.communications[0]
    assert ended.status == "failed"
    assert "1800 characters; at most 1600" in ended.reason


def test_a_talk_whose_first_message_is_too_long_to_be_sent_is_skipped_and_says_so() -> None:
    """Eight names fit, but not together with the question."""
    reaction = decide(LONGER, due("start"), someone(communications=(PLANNED,), shared={"name": "x" * 200}))

    ended = reaction.scene.communications[0]
    assert ended.status == "skipped"
    assert "1616 characters; at most 1600" in ended.reason


def test_an_answer_past_the_last_question_ends_the_talk() -> None:
    """The rule file may have lost a question since."""
    reaction = decide(BOOK, wrote("yes"), someone(communications=(talk(talk=Talk(question=7)),)))

    assert status(reaction) == "completed"


@pytest.mark.parametrize("text", ["", "   ", "\x00", "x" * 100_000, "{{ name }}", "__import__('os')"])
def test_whatever_people_write_is_only_text(text: str) -> None:
    reaction = decide(BOOK, wrote(text), someone(communications=(replace(talk(), at=NOW),)))

    assert only(reaction, SendMessage)[0].text.startswith("Sorry, please answer yes or no.")
