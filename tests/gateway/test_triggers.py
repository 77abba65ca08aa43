"""The six triggers fire from what really happens outside, and the decision says why and why not."""

from pathlib import Path
from typing import Any

from tests.gateway.example_rules import ADA, BEN
from tests.gateway.running import World, running

ALL = """
campaign: all
fields:
  name: {type: string, level: customer}
  stage: {type: enumeration, values: [new, keen, cold], default: new}
agents:
  clerk:
    kind: form
    questions: [{result: comes, ask: "Will you come, {{ name }}?", type: boolean}]
flows:
  main:
    joined: {when: participant_created, next: who}
    who:
      if: name == "Ada"
      match: ask
    ask: {do: communicate, channel: sms, agent: clerk}
    arrived: {when: communication_updated, status: delivered, of: ask}
    read: {when: communication_updated, status: read, of: ask}
    ended: {when: communication_ended, of: ask, next: keen}
    keen: {do: update_field, set: {stage: keen}}
  changes:
    became_keen: {when: participant_updated, field: stage, next: tell}
    tell: {do: to_another_flow, flow: told}
    renamed: {when: participant_updated, field: name}
  told:
    entered: {when: from_another_flow, next: team}
    team: {do: notify, channel: slack, to: "#billing", text: "{{ name }} comes"}
  talk:
    hello: {when: incoming_session, keyword: hello, next: answer}
    bye: {when: incoming_session, keyword: bye}
    answer: {do: reply, text: "Hi {{ name }}"}
"""


async def logged(world: World, kind: str, number: int = -1) -> list[dict[str, Any]]:
    """The facts of one decision on an event of this kind."""
    facts: list[dict[str, Any]] = (await world.decisions(kind))[number]["log"][0]["facts"]
    return facts


async def test_all_six_triggers_fire_from_an_import_sms_callbacks_answers_and_the_api(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, ALL, database=database_url) as world:
        await world.start("all")
        await world.upload("all", f"phone,name\n{ADA},Ada\n{BEN},Ben\n")
        await world.passes(seconds=2)
        await world.texts(ADA, "yes")
        await world.texts(ADA, "Hello!")
        await world.give("all", {"phone": BEN, "name": "Benno"})
        fired = await world.fired()
        assert fired == [
            ("participant_created", "main.joined"),
            ("participant_created", "main.joined"),
            ("communication_updated", "main.arrived"),
            ("communication_ended", "main.ended"),
            ("participant_updated", "changes.became_keen"),
            ("from_another_flow", "told.entered"),
            ("incoming_session", "talk.hello"),
            ("participant_updated", "changes.renamed"),
        ]
        assert world.heard(ADA) == ["Will you come, Ada?", "Hi Ada"]
        assert world.heard("#billing") == ["Ada comes"]
        assert world.heard(BEN) == []


async def test_a_decision_keeps_the_values_its_conditions_saw(tmp_path: Path) -> None:
    async with running(tmp_path, ALL) as world:
        await world.start("all")
        await world.give("all", {"phone": BEN, "name": "Ben"})
        (created,) = await logged(world, "participant")
        assert created["fact"] == {"trigger": "participant_created", "source": "api"}
        visit = created["activations"][0]["visits"][1]
        assert (visit["node"], visit["saw"], visit.get("next", "")) == ("main.who", {"name": "Ben"}, "")
        assert visit["position"] == {"file": str(tmp_path / "rules" / "1.yaml"), "line": 13, "column": 5}
        await world.give("all", {"phone": ADA, "name": "Ada"})
        (created,) = await logged(world, "participant")
        assert [visit["node"] for visit in created["activations"][0]["visits"]] == [
            "main.joined",
            "main.who",
            "main.ask",
        ]


async def test_a_decision_says_why_the_other_triggers_of_the_kind_stayed_silent(tmp_path: Path) -> None:
    async with running(tmp_path, ALL) as world:
        await world.start("all")
        await world.give("all", {"phone": BEN, "name": "Ben"})
        await world.texts(BEN, "Hello, it is me")
        (wrote,) = await logged(world, "message")
        assert wrote["fact"] == {"trigger": "incoming_session", "channel": "sms", "keyword": "HELLO"}
        assert "not_fired" not in wrote
        event = (await world.decisions("message"))[0]["event"]
        async with world.api("GET", f"events/{event}", b"") as answer:
            (told,) = (await answer.json())["decision"]["log"][0]["facts"]
        assert told.pop("not_fired") == [{"node": "talk.bye", "narrowing": "keyword", "wanted": "BYE", "saw": "HELLO"}]
        assert told == wrote


async def test_an_import_that_changes_nothing_fires_nothing_and_one_that_does_fires_updated_not_created(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, ALL) as world:
        await world.start("all")
        await world.upload("all", f"phone,name\n{BEN},Ben\n")
        await world.upload("all", f"phone,name\n{BEN},Ben\n")
        await world.upload("all", f"phone,name\n{BEN},Benno\n")
        assert await world.fired() == [
            ("participant_created", "main.joined"),
            ("participant_updated", "changes.renamed"),
        ]
        assert [row["applied"] for row in await world.decisions()] == ["created", "unchanged", "updated"]


async def test_each_of_a_thousand_imported_contacts_receives_exactly_one_message(tmp_path: Path) -> None:
    rules = ALL.replace('if: name == "Ada"', 'if: name != ""')
    phones = [f"+49151{number:08d}" for number in range(10_000_000, 10_001_000)]
    lines = "\n".join(f"{phone},{number}" for number, phone in enumerate(phones))
    async with running(tmp_path, rules) as world:
        await world.start("all")
        await world.upload("all", f"phone,name\n{lines}\n")
        (sms,) = (channel for channel in world.sandbox.snapshot()["channels"] if channel["kind"] == "sms")
        heard = {phone["number"]: [line["text"] for line in phone["messages"]] for phone in sms["phones"]}
        assert heard == {phone: [f"Will you come, {number}?"] for number, phone in enumerate(phones)}
        assert await world.read(lambda t: (t.inbox.waiting_count(), t.outbox.owed_count())) == (0, 0)
