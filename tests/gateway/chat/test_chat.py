"""`pointsman chat`: somebody talks with a rule file in the terminal, and the file is read again as it is edited."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.commands.chatting import chat
from tests.gateway.chat.stages import RULES, chatted, rule_file, told, visiting
from tests.gateway.running import write_project


def test_a_chat_can_be_piped_and_ends_with_its_input(tmp_path: Path) -> None:
    rule_file(tmp_path)
    assert chatted(tmp_path, "maybe", "", "yes", "/wait 30m", options=("--as", "name=Eve Example")) == (
        0,
        [
            "-- visits (visits.yaml); write to the campaign, or /help --",
            "-- Mon 2027-03-01 10:00 --",
            "given with day = 2027-03-02, name = Eve Example",
            "sms> Hi Eve Example, we expect you on 2 Mar 2027.",
            "     Will you come?",
            "you> maybe",
            "sms> Sorry, please answer yes or no.",
            "     Will you come?",
            "you> ",
            "you> yes",
            "sms> Thank you.",
            "you> /wait 30m",
            "-- Mon 2027-03-01 10:30 --",
        ],
    )


async def test_time_passes_as_told_and_what_happens_then_is_heard(tmp_path: Path) -> None:
    async with visiting(tmp_path) as talk:
        assert await told(talk, "/wait") == ["-- Mon 2027-03-01 12:00 --", "#desk> Ada does not come."]
        assert await told(talk, "/wait") == ["! nothing happens by itself any more"]
        assert await told(talk, "/at 14:30") == ["-- Mon 2027-03-01 14:30 --"]
        assert await told(talk, "/at 2027-03-02 09:00") == ["-- Tue 2027-03-02 09:00 --"]
        assert await told(talk, "/at 2027-03-01 09:00") == ["! it is 2027-03-02 09:00 already"]


async def test_what_is_out_of_reach_or_no_code_is_told(tmp_path: Path) -> None:
    reach = "! simulations play in the years 1970 to 9000"
    async with visiting(tmp_path) as talk:
        for line in ("/wait 99999999d", "/at 9999-12-31 23:59", "/at 0001-01-01 00:00"):
            assert await told(talk, line) == [reach]
        assert await told(talk, "/status failed badly") == [
            '! "badly" is no code of a provider; write one such as 30003'
        ]


def test_what_is_no_text_cannot_end_a_chat(tmp_path: Path) -> None:
    rule_file(tmp_path)
    arguments = ["visits", "--rules", str(tmp_path), "--at", "2027-03-01 10:00"]

    result = CliRunner().invoke(chat, arguments, input=b"\xff\xfe\nyes\n")

    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "sms> Thank you.")


async def test_each_thing_done_looks_at_what_is_new_alone(tmp_path: Path) -> None:
    async with visiting(tmp_path) as talk:
        await told(talk, "yes", "hello")
        before = talk.before
        assert [row["event"] > before for row in await talk.world.decisions(before)] == [True]
        assert (await told(talk, "/wait 5m", "/why"))[0].startswith(f"event {talk.before} ")


async def test_the_file_is_read_again_and_the_last_good_one_stays(tmp_path: Path) -> None:
    async with visiting(tmp_path) as talk:
        rule_file(tmp_path, RULES.replace("next: how", "next: hwo"))
        found = await told(talk, "")
        assert found[0].startswith("visits.yaml:19:")
        assert "error[E201]" in found[0]
        assert found[-1] == "-- visits.yaml is not taken: the last good one stays --"
        assert await told(talk, "yes") == ["sms> Thank you."]
        rule_file(tmp_path, RULES.replace("does not come", "stays away"))
        assert await told(talk, "") == ["-- visits.yaml is in force --"]
        assert (await told(talk, "/set day=2027-03-05", "/state"))[-1].startswith("outcome")


async def test_fields_are_given_anew_and_seen(tmp_path: Path) -> None:
    async with visiting(tmp_path) as talk:
        assert await told(talk, '/set plan=team name="Eve Example"', "/state") == [
            "name  Eve Example",
            "plan  team",
            "day   2027-03-02",
            "send  delivered",
        ]
        assert await told(talk, "/set plan=gold") == ['! plan "gold" is not allowed; allowed: free, team']
        assert "plan" not in "".join(await told(talk, "/set plan=", "/state"))


async def test_what_was_done_last_is_explained(tmp_path: Path) -> None:
    async with visiting(tmp_path) as talk:
        lines = await told(talk, "no", "/why")
        assert 'wrote on sms: "no"' in lines[1]
        assert any("ask.how (visits.yaml:20) if" in line for line in lines)
        assert any("results.comes" in line for line in lines)


@pytest.mark.parametrize(
    ("order", "heard"),
    [
        ('/answer shop {"outcome": "dear"}', "It is dear."),
        ("/answer shop {}", "It is fair."),
        ("/answer shop fails", "We do not know."),
    ],
)
async def test_services_answer_as_told(tmp_path: Path, order: str, heard: str) -> None:
    async with visiting(tmp_path) as talk:
        assert await told(talk, "yes", order, "price please") == [f"sms> {heard}"]


async def test_a_message_that_failed_is_followed_up(tmp_path: Path) -> None:
    async with visiting(tmp_path) as talk:
        assert await told(talk, "/status read", "/state") != []
        assert (await told(talk, "/state"))[-1] == "send  read"


async def test_a_stranger_writes_first(tmp_path: Path) -> None:
    async with visiting(tmp_path, stranger=True) as talk:
        assert await told(talk, "/state") == ["nobody in visits"]
        assert await told(talk, "hello") == []


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("/wiat 2d", "there is no /wiat"),
        ("/wait long", '"long" is no length of time'),
        ("/at soon", '"soon" is no time'),
        ("/set day", "write field=value"),
        ("/set day='x", "a quote is not closed"),
        ("/status eaten", '"eaten" is no status'),
        ("/press Yes", "Ada has no buttons to press"),
        ("/answer crm {}", "nobody called crm is asked here; there are shop"),
        ("/answer shop [1]", "write the answer as a JSON object"),
        ("/save", "name the file to write"),
        ("/save /no/such/folder/a.yaml", "No such file or directory"),
        ("/wait 99999999999d", "is too long"),
    ],
)
async def test_what_cannot_be_done_is_said_and_the_chat_goes_on(tmp_path: Path, line: str, problem: str) -> None:
    async with visiting(tmp_path) as talk:
        (said,) = await told(talk, line)
        assert said.startswith("! ")
        assert problem in said


async def test_every_order_is_listed(tmp_path: Path) -> None:
    async with visiting(tmp_path) as talk:
        listed = await told(talk, "/help")
        assert {line.split()[0] for line in listed} >= {"/wait", "/at", "/set", "/status", "/why", "/state", "/quit"}


async def test_rules_that_go_round_and_round_are_told_of(tmp_path: Path) -> None:
    loop = """  round:
    changed: {when: participant_updated, field: count, next: more}
    more: {do: update_field, set: {count: {expr: count + 1}}}
"""
    async with visiting(tmp_path) as talk:
        rule_file(tmp_path, RULES.replace("agents:", "  count: {type: integer}\nagents:") + loop)
        (told_of,) = [line for line in await told(talk, "/set count=1") if line.startswith("!")]
        assert "more than 50 flows started" in told_of


def test_a_file_with_errors_is_not_begun(tmp_path: Path) -> None:
    rule_file(tmp_path, RULES.replace("next: how", "next: hwo"))
    code, lines = chatted(tmp_path, "yes")
    assert code == 1
    assert "error[E201]" in lines[0]


def test_in_a_project_its_settings_count(tmp_path: Path) -> None:
    write_project(tmp_path, RULES.split("  price:")[0])
    found = CliRunner().invoke(chat, ["visits", "-C", str(tmp_path), "--at", "2027-03-01 10:00"], input="yes\n/quit")
    assert found.output.splitlines()[-2:] == ["sms> Thank you.", "you> /quit"]
    write_project(tmp_path, RULES)
    found = CliRunner().invoke(chat, ["visits", "-C", str(tmp_path)], input="yes\n")
    assert found.exit_code == 1
    assert 'there is no service "shop"' in found.output


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["nobody"], 'there is no campaign "nobody"'),
        (["visits.yaml"], "there is no file visits.yaml"),
        (["visits", "--as", "day=soon"], "day"),
        (["visits", "--at", "soon"], '"soon" is no time'),
    ],
)
def test_what_cannot_begin_is_said_with_exit_code_2(tmp_path: Path, arguments: list[str], problem: str) -> None:
    rule_file(tmp_path)
    result = CliRunner().invoke(chat, [*arguments, "--rules", str(tmp_path)], input="")
    assert result.exit_code == 2
    assert problem in result.output
