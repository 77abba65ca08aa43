"""What happens to participants while their campaign is stopped is on disk, and its flows hear of it later."""

from datetime import timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gateway.carry import fact_row, fact_value
from rules.facts import Fact, Trigger
from tests.gateway.example_rules import ADA, ASK_NOW
from tests.gateway.running import START, running

REMIND = """
campaign: remind
fields:
  paid: {type: boolean}
agents:
  clerk: {kind: form, questions: [{result: comes, ask: "Coming?", type: boolean}], reply_within: 2h}
flows:
  invite:
    joined: {when: participant_created, source: api, next: ask}
    ask: {do: communicate, channel: sms, agent: clerk, next: ask_again}
    ask_again: {do: communicate, channel: sms, agent: clerk, at: now() + days(1)}
    paid: {when: participant_updated, field: paid, next: withdraw}
    withdraw: {do: cancel_communications, next: thank}
    thank: {do: notify, channel: sms, to: "+4915112345699", text: "paid"}
    ended: {when: communication_ended, of: ask, next: tell}
    tell: {do: notify, channel: sms, to: "+4915112345699", text: "{{ communication.status }} {{ communication.node }}"}
"""
DESK = "+4915112345699"


async def test_what_happens_while_a_campaign_is_stopped_fires_when_it_starts_again(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, REMIND, database=database_url) as world:
        await world.give("remind", {"phone": ADA})
        await world.start("remind")
        assert world.heard(ADA) == ["Coming?"]
        await world.passes(seconds=2)
        await world.stop("remind")
        await world.passes(hours=3)
        await world.give("remind", {"phone": ADA, "paid": True})
        assert (await world.statuses("remind"), world.heard(DESK)) == (["no_response", "planned"], [])

    async with running(tmp_path, database=database_url, at=START + timedelta(hours=4)) as world:
        await world.start("remind")
        await world.start("remind")
        assert await world.statuses("remind") == ["no_response", "canceled"]
        assert world.heard(DESK) == ["no_response invite.ask", "paid"]


async def test_an_answer_given_while_a_campaign_is_stopped_ends_its_talk_for_the_flows_later(
    tmp_path: Path, database_url: str
) -> None:
    text = ASK_NOW + '    ended: {when: communication_ended, next: tell}\n    tell: {do: reply, text: "No reply."}\n'
    async with running(tmp_path, text, database=database_url) as world:
        await world.start("ask")
        await world.give("ask", {"phone": ADA, "name": "Ada"})
        await world.passes(seconds=2)
        await world.stop("ask")
        await world.texts(ADA, "no")
        await world.start("ask")
        assert ("communication_ended", "invite.ended") in await world.fired()
        assert "No reply." not in world.heard(ADA)


@given(
    st.builds(
        Fact,
        st.sampled_from(list(Trigger)),
        of=st.text(max_size=5),
        status=st.sampled_from(["", "delivered"]),
        source=st.sampled_from(["", "api"]),
        changed=st.frozensets(st.text(max_size=5), max_size=3),
        communication=st.text(max_size=5),
        inputs=st.just(()),
    )
)
def test_a_fact_is_kept_as_it_was_raised(fact: Fact) -> None:
    assert fact_value(fact_row(fact)) == fact
