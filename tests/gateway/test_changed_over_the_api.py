"""What systems and operators change over the API, in a gateway at work: removals, re-enrolments and opt-outs."""

from pathlib import Path

import pytest

from tests.gateway.calls_of_the_api import call
from tests.gateway.example_rules import ADA, ASK_NOW, BEN, HELLO
from tests.gateway.people_data import books
from tests.gateway.running import World, running
from tests.gateway.test_waiting import DUE, runs

ASKED = "Hello Ada.\nWill you come? YES or NO"
PAUSE = DUE.replace("until: participant.due - days(1)", "for: 2d")
OUTCOME = """
  after:
    ended: {when: communication_ended, next: note}
    note: {do: finish, outcome: over}
"""


async def participant(world: World, campaign: str) -> str:
    (row,) = await world.people(campaign)
    return f"campaigns/{campaign}/participants/{row['id']}"


async def test_the_talk_with_somebody_who_is_removed_ends_and_what_she_writes_is_no_answer(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, ASK_NOW + OUTCOME, database=database_url) as world:
        await world.start("ask")
        await world.give("ask", {"phone": ADA, "name": "Ada"})
        (talk,) = await world.talks("ask")
        status, _ = await call(world, "DELETE", await participant(world, "ask"))
        await world.texts(ADA, "YES")
        await world.passes(hours=30)
        after = await world.read(lambda t: t.communications.by_ids([talk["id"]]))

        assert (status, await world.people("ask")) == (204, [])
        assert [(one["status"], one["reason"]) for one in after.values()] == [("canceled", "removed from the campaign")]
        assert world.heard(ADA) == [ASKED]
        assert books(world).faults == {}


async def test_the_path_of_somebody_who_is_removed_waits_no_more(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, PAUSE, database=database_url) as world:
        await world.start("patience")
        await world.give("patience", {"phone": ADA})
        before = len(await world.read(lambda t: list(t.runs.counts("patience"))))
        await call(world, "DELETE", await participant(world, "patience"))
        await world.passes(days=3)

        assert (before, await runs(world)) == (1, [])
        assert books(world).faults == {}


async def test_a_receipt_that_comes_after_the_removal_still_counts_for_its_message(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, ASK_NOW, database=database_url) as world:
        await world.start("ask")
        await world.give("ask", {"phone": ADA})
        (talk,) = await world.talks("ask")
        messages = await world.read(lambda t: t.messages.of_communications([talk["id"]]))
        last = max(messages.values(), key=lambda row: row["created_at"])
        await call(world, "DELETE", await participant(world, "ask"))
        await world.webhook(
            f"status?message={last['id']}",
            {"MessageSid": last["provider_id"], "MessageStatus": "read", "AccountSid": "AC" + "0" * 32},
        )
        await world.quiet()
        (now,) = (await world.read(lambda t: t.messages.by_ids([last["id"]]))).values()

        assert now["status"] == "read"
        assert books(world).faults == {}


async def test_who_was_removed_joins_anew_and_hears_it_once_more(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, HELLO, database=database_url) as world:
        await world.start("hello")
        await world.give("hello", {"phone": ADA, "name": "Ada"})
        await call(world, "DELETE", await participant(world, "hello"))
        (result,) = await world.give("hello", {"phone": ADA})

        assert result["status"] == "created"
        assert world.heard(ADA) == ["Hello Ada", "Hello Ada"]


async def test_who_is_enrolled_anew_hears_it_once_more_and_has_no_outcome_yet(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, ASK_NOW + OUTCOME, database=database_url) as world:
        await world.start("ask")
        await world.give("ask", {"phone": ADA, "name": "Ada"})
        await world.texts(ADA, "YES")
        before = [person["outcome"] for person in await world.people("ask")]
        status, body = await call(world, "POST", f"{await participant(world, 'ask')}/enroll")

        assert (before, status, body["outcome"]) == (["over"], 200, "")
        assert world.heard(ADA).count(ASKED) == 2
        assert await world.statuses("ask") == ["completed", "started"]


async def test_who_is_enrolled_anew_while_the_campaign_is_stopped_enters_when_it_runs(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, HELLO, database=database_url) as world:
        await world.start("hello")
        await world.give("hello", {"phone": ADA, "name": "Ada"})
        await world.stop("hello")
        for _ in range(2):
            await call(world, "POST", f"{await participant(world, 'hello')}/enroll")
        meanwhile = len(world.heard(ADA))
        await world.start("hello")

        assert (meanwhile, len(world.heard(ADA))) == (1, 2)


async def test_an_opt_out_ends_talks_withdraws_what_is_owed_and_the_rules_hear_of_it(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, ASK_NOW + OUTCOME, HELLO, database=database_url) as world:
        await world.start("ask")
        await world.give("ask", {"phone": ADA, "name": "Ada"}, {"phone": BEN, "name": "Ben"})
        status, body = await call(world, "PUT", f"opt-outs/sms/{ADA}")
        await world.start("hello")
        await world.give("hello", {"phone": ADA})
        talks = {(talk["address"], talk["status"], talk["reason"]) for talk in await world.talks("ask")}

        assert (status, body["word"], body["address"]) == (200, "api", ADA)
        assert talks == {(ADA, "canceled", "opted out"), (BEN, "started", "")}
        assert sorted(person["outcome"] for person in await world.people("ask")) == ["", "over"]
        assert "Hello Ada" not in world.heard(ADA)
        assert books(world).faults == {}


async def test_who_may_be_written_to_again_is(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, HELLO, database=database_url) as world:
        await world.start("hello")
        await call(world, "PUT", f"opt-outs/sms/{ADA}")
        again, _ = await call(world, "PUT", f"opt-outs/sms/{ADA}")
        gone, _ = await call(world, "DELETE", f"opt-outs/sms/{ADA}")
        nothing, _ = await call(world, "DELETE", f"opt-outs/sms/{ADA}")
        await world.give("hello", {"phone": ADA, "name": "Ada"})
        trail = await world.read(lambda t: t.audit.page(None, 10, "opt-out/sms"))

        assert (again, gone, nothing) == (200, 204, 404)
        assert world.heard(ADA) == ["Hello Ada"]
        assert [(row["what"], row["before"], row["after"]) for row in trail] == [
            ("delete_opt_out", {"address": ADA}, {}),
            ("put_opt_out", {}, {"address": ADA}),
        ]


@pytest.mark.parametrize("path", ["fax/+4915112345601", "sms/nobody", "slack/+4915112345601", "sms/%00"])
async def test_there_is_no_opt_out_of_what_is_no_address(tmp_path: Path, path: str) -> None:
    async with running(tmp_path, HELLO) as world:
        status, _ = await call(world, "PUT", f"opt-outs/{path}")

        assert status == 404
