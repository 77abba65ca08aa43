"""A person is erased: nothing of theirs is left, and the books balance."""

import json
from pathlib import Path

import pytest

from tests.gateway.example_rules import ADA, ASK_NOW, BEN, ECHO, HELLO
from tests.gateway.people_data import HERS, MAIL, NAME, SECRET, books, everything, found, pointsman, use_database
from tests.gateway.running import CARLA, World, running

SHARED = """
campaign: shared
fields:
  name: {type: string, level: customer}
  note: {type: string}
channels:
  sms: {enroll: true}
flows:
  listen:
    wrote: {when: incoming_session, next: tell}
    tell: {do: notify, channel: slack, to: "#billing", text: "{{ name }} wrote {{ message.text }}", next: answer}
    answer: {do: reply, text: "You wrote {{ message.text }}", next: pause}
    pause: {do: wait, for: 30d, next: again}
    again: {do: notify, channel: slack, to: "#billing", text: "{{ name }} again"}
"""
LIST = "phone,email,name\n+4915112345602,ada@example.com,Ben\n"
CHANGES_EACH_TIME = ("customer", "audit")  # a version counts up, and whoever asks is told of


@pytest.fixture(autouse=True)
def database(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "database_url" in request.fixturenames:
        use_database(monkeypatch, request.getfixturevalue("database_url"))


async def a_life(world: World) -> None:
    """She was a stranger, became a customer, was asked, answered, wrote on Slack, and stands in a list of others."""
    await world.texts(ADA, f"{SECRET} as a stranger")
    for campaign in ("shared", "ask"):
        await world.start(campaign)
    await world.texts(ADA, f"{SECRET} as a newcomer")
    hers = {"phone": ADA, "slack": CARLA, "email": MAIL, "external_id": "A-4711"}
    await world.give("shared", hers | {"name": NAME, "note": SECRET}, {"phone": BEN, "name": "Ben"})
    await world.give("ask", {"phone": ADA, "name": NAME}, {"phone": BEN, "name": "Ben"})
    await world.texts(ADA, f"maybe {SECRET}")
    await world.writes(CARLA, f"{SECRET} on Slack")
    await world.upload("shared", LIST)
    await world.passes(minutes=1)


async def test_nothing_of_an_erased_customer_is_left_in_any_table(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, SHARED, ASK_NOW, database=database_url) as world:
        await a_life(world)
        before, heard = books(world), world.heard(BEN)
        tables = {line.partition(":")[0] for line in found(world.gateway.storage, HERS)}
        told = await pointsman(tmp_path, "customer", "erase", ADA, "--yes")
        after = books(world)

        assert tables > {"customer", "identifier", "inbox", "message", "decision", "communication", "run"}
        assert "upload_failure" in tables
        assert (told.exit_code, SECRET in told.output, NAME in told.output) == (0, False, False)
        assert found(world.gateway.storage, HERS) == []
        assert (before.faults, after.faults) == ({}, {})
        assert (after.accepted, sum(after.owed.values())) == (before.accepted, sum(before.owed.values()))
        assert found(world.gateway.storage, [BEN])
        assert world.heard(BEN) == heard


async def test_nothing_of_an_erased_customer_is_left_in_the_files_either(tmp_path: Path) -> None:
    async with running(tmp_path, SHARED, ASK_NOW) as world:
        await a_life(world)
        await pointsman(tmp_path, "customer", "erase", ADA, "--yes")
    files = contents_of(tmp_path)

    assert {"pointsman.db", "spool.db"} <= set(files)
    assert [name for name, raw in files.items() if any(word.encode() in raw for word in HERS)] == []


def contents_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.db*") if path.is_file()}


async def test_a_number_that_a_customer_had_before_is_erased_with_them(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, SHARED, database=database_url) as world:
        await world.texts(BEN, f"{SECRET} as a stranger")
        await world.start("shared")
        await world.give("shared", {"external_id": "A-4711", "phone": BEN, "name": NAME})
        await world.texts(BEN, SECRET)
        await world.give("shared", {"external_id": "A-4711", "phone": ADA})
        told = await pointsman(tmp_path, "customer", "erase", "A-4711", "--yes")

        assert told.exit_code == 0, told.output
        assert found(world.gateway.storage, [*HERS, BEN]) == []
        assert books(world).faults == {}


async def test_who_writes_after_an_erasure_is_a_stranger(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, ASK_NOW, database=database_url) as world:
        await world.start("ask")
        await world.give("ask", {"phone": ADA, "name": NAME})
        await pointsman(tmp_path, "customer", "erase", ADA, "--yes")
        await world.texts(ADA, "YES")

        assert (await world.decisions("message"))[-1]["log"] == [{"note": "nobody we know"}]
        assert await world.statuses("ask") == ["canceled"]
        assert "Noted." not in world.heard(ADA)


async def test_an_old_webhook_of_an_erased_customer_is_still_known(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        await world.start("echo")
        await world.give("echo", {"phone": ADA})
        form = {"MessageSid": "SM" + "1" * 32, "AccountSid": "AC" + "0" * 32, "From": ADA, "To": "+15550001111"}
        form |= {"Body": SECRET, "NumMedia": "0"}
        assert await world.webhook("inbound", form) == 200
        await world.quiet()
        await pointsman(tmp_path, "customer", "erase", ADA, "--yes")
        before = books(world)
        assert await world.webhook("inbound", form) == 200
        await world.quiet()

        assert books(world) == before
        assert found(world.gateway.storage, [ADA, SECRET]) == []


async def test_to_erase_twice_is_to_erase_once(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, SHARED, ASK_NOW, database=database_url) as world:
        await a_life(world)
        (customer,) = {person["customer"] for person in await world.people("ask")} - {await owner_of(world, BEN)}
        await pointsman(tmp_path, "customer", "erase", customer, "--yes")
        once = everything(world.gateway.storage, but=CHANGES_EACH_TIME)
        again = await pointsman(tmp_path, "customer", "erase", customer, "--yes")
        by_phone = await pointsman(tmp_path, "customer", "erase", ADA, "--yes")

        assert again.exit_code == 0
        assert (by_phone.exit_code, by_phone.output) == (1, f"nothing is kept of {ADA}\n")
        assert books(world).faults == {}
        assert len(once.splitlines()) == len(everything(world.gateway.storage, but=CHANGES_EACH_TIME).splitlines())


async def owner_of(world: World, phone: str) -> str:
    return (await world.read(lambda t: t.people.by_identifiers([("phone", phone)])))["phone", phone]


@pytest.mark.parametrize("forget", [False, True])
async def test_who_opted_out_is_not_written_to_again_unless_that_is_forgotten(
    tmp_path: Path, database_url: str, forget: bool
) -> None:
    async with running(tmp_path, HELLO, database=database_url) as world:
        await world.start("hello")
        await world.give("hello", {"phone": ADA, "name": NAME})
        await world.texts(ADA, "STOP")
        options = ["--forget-opt-outs"] if forget else []
        told = await pointsman(tmp_path, "customer", "erase", ADA, "--yes", *options)
        out = await world.read(lambda t: t.opt_outs.among([("sms", ADA)]))
        await world.give("hello", {"phone": ADA, "name": "Somebody"})

        assert ("1 opt-out forgotten" in told.output, "1 opt-out kept" in told.output) == (forget, not forget)
        assert out == (set() if forget else {("sms", ADA)})
        assert "Hello Somebody" not in world.heard(ADA)  # the provider has not forgotten it


async def test_the_command_asks_before_it_erases(tmp_path: Path) -> None:
    async with running(tmp_path, HELLO) as world:
        await world.start("hello")
        await world.give("hello", {"phone": ADA, "name": NAME})
        asked = await pointsman(tmp_path, "customer", "erase", ADA)

        assert asked.exit_code == 1
        assert "Erase for good: 1 participant, 1 talk, 1 message, " in asked.output
        assert found(world.gateway.storage, [NAME])


async def test_an_export_holds_everything_of_one_person_and_nothing_of_others(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, SHARED, ASK_NOW, database=database_url) as world:
        await a_life(world)
        told = await pointsman(tmp_path, "customer", "export", MAIL, tmp_path / "ada.json")
        written = (tmp_path / "ada.json").read_text()
        exported = json.loads(written)

        assert told.exit_code == 0, told.output
        assert (tmp_path / "ada.json").stat().st_mode & 0o777 == 0o600
        assert all(word in written for word in HERS)
        assert [row["row"] for row in exported["tables"]["upload_failure"]] == [2]
        kept = {name: rows for name, rows in exported["tables"].items() if name != "upload_failure"}
        assert BEN not in json.dumps(kept)
        again = await pointsman(tmp_path, "customer", "export", MAIL, tmp_path / "ada.json")
        assert (again.exit_code, "is there already" in again.output) == (2, True)


async def test_whom_two_customers_may_be_meant_by_is_asked_for_by_id(tmp_path: Path) -> None:
    async with running(tmp_path, HELLO) as world:
        await world.start("hello")
        await world.give("hello", {"phone": ADA}, {"external_id": ADA})
        told = await pointsman(tmp_path, "customer", "erase", ADA, "--yes")
        by_kind = await pointsman(tmp_path, "customer", "erase", f"external_id:{ADA}", "--yes")
        nobody = await pointsman(tmp_path, "customer", "erase", "external_id:nobody", "--yes")

        assert (told.exit_code, "name the customer by id" in told.output) == (2, True)
        assert by_kind.exit_code == 0
        assert await world.read(lambda t: t.people.by_identifiers([("phone", ADA)]))
        assert (nobody.exit_code, 'no customer has "external_id:nobody"' in nobody.output) == (2, True)


async def test_a_stranger_is_erased_by_the_address_they_wrote_from(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        await world.texts(ADA, SECRET)
        assert found(world.gateway.storage, [ADA, SECRET])
        told = await pointsman(tmp_path, "customer", "erase", ADA, "--yes")

        assert told.output.startswith("somebody who is no customer: erased: 1 message, 1 event")
        assert found(world.gateway.storage, [ADA, SECRET]) == []
        assert books(world).faults == {}
