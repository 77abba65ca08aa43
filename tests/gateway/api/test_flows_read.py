"""What a campaign is made of and how it goes can be read over the API."""

from datetime import timedelta
from pathlib import Path

import pytest

from channels.sandbox import Fault
from tests.gateway.api.reading import answer, read, read_all
from tests.gateway.example_rules import ADA, ASK, ASK_NOW, BEN, HELLO
from tests.gateway.running import START, running

WAITS = """
campaign: waits
flows:
  main:
    joined: {when: participant_created, next: is_paid}
    is_paid: {if: "1 > 2", match: done, else: pause}
    pause: {do: wait, for: 2h, next: done}
    done: {do: finish, outcome: over}
"""


async def test_each_node_tells_what_goes_on_there(tmp_path: Path) -> None:
    async with running(tmp_path, ASK_NOW) as world:
        await world.start("ask")
        await world.give("ask", {"phone": ADA, "name": "Ada"}, {"phone": BEN, "name": "Ben"})
        await world.texts(ADA, "yes")
        flows = await read(world, "campaigns/ask/flows")
        flow = await read(world, "campaigns/ask/flows/invite")

    joined, ask = flow["nodes"]
    assert flows["flows"] == [flow]
    assert flows["elsewhere"] == {}
    assert (joined["kind"], joined["edges"]) == ("participant_created", {"next": "ask"})
    assert (ask["node"], ask["kind"], ask["planned"], ask["open"], ask["ended"]) == (
        "ask",
        "communicate",
        0,
        1,
        {"completed": 1},
    )
    assert ask["position"]["line"] > joined["position"]["line"]


async def test_paths_that_wait_are_counted_also_where_their_node_is_gone(tmp_path: Path) -> None:
    async with running(tmp_path, WAITS) as world:
        await world.start("waits")
        await world.give("waits", {"phone": ADA})
        before = await read(world, "campaigns/waits/flows")
        await world.edit(1, WAITS.replace("pause", "rest"))
        after = await read(world, "campaigns/waits/flows")

    nodes = {node["node"]: node for node in before["flows"][0]["nodes"]}
    assert {name: node["kind"] for name, node in nodes.items()} == {
        "joined": "participant_created",
        "is_paid": "if",
        "pause": "wait",
        "done": "finish",
    }
    assert nodes["pause"]["waiting"] == 1
    assert nodes["is_paid"]["edges"] == {"match": "done", "else": "pause"}
    assert after["elsewhere"] == {"main.pause": 1}
    assert after["rules"] != before["rules"]


async def test_what_is_planned_is_counted(tmp_path: Path) -> None:
    async with running(tmp_path, ASK) as world:
        await world.start("ask")
        begin = (START + timedelta(hours=5)).isoformat()
        await world.give("ask", {"phone": ADA, "name": "Ada", "begin": begin})
        flow = await read(world, "campaigns/ask/flows/invite")

    assert [node["planned"] for node in flow["nodes"]] == [0, 1]


async def test_agents_tell_what_they_record_and_where_they_talk(tmp_path: Path) -> None:
    async with running(tmp_path, ASK, HELLO) as world:
        (clerk,) = (await read(world, "campaigns/ask/agents"))["agents"]
        (host,) = (await read(world, "campaigns/hello/agents"))["agents"]

    assert (clerk["agent"], clerk["kind"], clerk["results"]) == ("clerk", "form", {"comes": "boolean"})
    assert (clerk["expects_reply"], clerk["reply_within"], clerk["nodes"]) == (True, 86_400.0, ["invite.ask"])
    assert (host["kind"], host["expects_reply"], host["reply_within"]) == ("notice", False, None)


async def test_analytics_count_by_the_campaigns_own_days(tmp_path: Path) -> None:
    rules = HELLO.replace("campaign: hello", "campaign: hello\ntimezone: Asia/Kathmandu")  # UTC+05:45
    async with running(tmp_path, rules, at=START.replace(hour=18, minute=10)) as world:
        await world.start("hello")
        await world.give("hello", {"phone": ADA, "name": "Ada"})  # 23:55 there
        await world.passes(minutes=10)
        await world.give("hello", {"phone": BEN, "name": "Ben"})  # 00:05 there
        await world.passes(minutes=10)
        told = await read(world, "campaigns/hello/analytics")
        one = await read(world, "campaigns/hello/analytics", last_day="2027-03-01", days=1)

    delivered = {"channel": "sms", "direction": "out", "status": "delivered"}
    assert (told["first_day"], told["last_day"], told["timezone"]) == ("2027-02-01", "2027-03-02", "Asia/Kathmandu")
    assert told["outcomes"] == {"": 2}
    assert told["messages"] == [{**delivered, "number": 2}]
    assert told["communications"] == [{"channel": "sms", "status": "completed", "number": 2}]
    assert [(day["day"], day["messages"]) for day in told["by_day"]] == [
        ("2027-03-01", [{**delivered, "number": 1}]),
        ("2027-03-02", [{**delivered, "number": 1}]),
    ]
    assert one["messages"] == [{**delivered, "number": 1}]


@pytest.mark.parametrize(
    "query", [{"days": "0"}, {"days": "93"}, {"last_day": "today"}, {"last_day": "0"}, {"first_day": "2027-03-01"}]
)
async def test_analytics_are_of_so_many_days(tmp_path: Path, query: dict[str, str]) -> None:
    async with running(tmp_path, HELLO) as world:
        assert (await answer(world, "campaigns/hello/analytics", **query))[0] == 422
        for day in ("0001-01-01", "9999-12-31"):
            assert (await answer(world, "campaigns/hello/analytics", last_day=day, days=92))[0] == 200


@pytest.mark.parametrize("path", ["x/flows", "x/agents", "x/analytics", "x/uploads", "hello/flows/x"])
async def test_what_there_is_not_is_not_found(tmp_path: Path, path: str) -> None:
    async with running(tmp_path, HELLO) as world:
        assert (await answer(world, f"campaigns/{path}"))[0] == 404


@pytest.mark.parametrize(
    ("fault", "status", "reason"),
    [
        (Fault("fail", status=503, on="any", times=None), "silent", "503"),
        (Fault("refuse", times=None), "refused", "20003"),
    ],
)
async def test_a_channel_tells_that_it_rests_and_why(tmp_path: Path, fault: Fault, status: str, reason: str) -> None:
    async with running(tmp_path, HELLO) as world:
        before = (await read(world, "channels"))["channels"]
        world.sandbox.channel("sms").behaviour.add(fault)
        await world.start("hello")
        await world.give("hello", *({"phone": f"+491511234560{n}", "name": "Ada"} for n in range(4)))
        await world.passes(seconds=100)
        sms, slack = (await read(world, "channels"))["channels"]

    assert [(one["channel"], one["kind"], one["identifier"], one["status"]) for one in before] == [
        ("sms", "sms", "phone", "ok"),
        ("slack", "slack", "slack", "ok"),
    ]
    assert (sms["status"], sms["owed"]) == (status, 4)
    assert reason in sms["last_error"]["reason"]
    assert slack == before[1]


async def test_uploads_are_listed_the_latest_first(tmp_path: Path) -> None:
    async with running(tmp_path, HELLO) as world:
        for n in range(3):
            await world.upload("hello", f"phone,name\n+491511234560{n},Ada\nfour,Ben\n")
            await world.passes(minutes=1)
        uploads = await read_all(world, "campaigns/hello/uploads", "uploads", limit=2)

    assert len(uploads) == 3
    assert uploads == sorted(uploads, key=lambda one: one["started_at"], reverse=True)
    assert {(one["status"], one["created"], one["failed"]) for one in uploads} == {("failed", 1, 1)}
