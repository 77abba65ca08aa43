"""kill -9 at any moment, and a restart ends where an undisturbed run ends."""

import random
from pathlib import Path

import pytest

from tests.crash.live import project, running, wait_until
from tests.crash.many import moments
from tests.crash.processes import End, demo, demo_after_kills, differences, end_of, killed_at

WHILE_IT_BEGINS = (
    ("the port is chosen", 1),
    ("a table is made", 4),
    ("the rules are stored, not committed", 1),
    ("before a commit", 8),
    ("sent by SMS, not recorded", 1),
    ("found again, not recorded", 1),
)
WHILE_IT_GOES_ON = (
    ("an upload is accepted, not answered", 1),
    ("claimed, not sent by SMS", 2),
    ("kept, not answered", 2),
    ("the provider has noted it, nobody knows", 9),
    ("sent on Slack, not recorded", 2),
    ("timers fire, not committed", 2),
)


@pytest.mark.parametrize("seed", range(3))
def test_a_demo_killed_at_random_moments_ends_as_an_undisturbed_one(
    seed: int, undisturbed: End, tmp_path: Path
) -> None:
    kills = moments(random.Random(seed), seed, read=0.0)  # noqa: S311 - the same moments each time
    end = demo_after_kills(tmp_path, kills)
    assert (end.code, differences(undisturbed, end_of(tmp_path))) == (0, ""), end.output


@pytest.mark.parametrize("points", [WHILE_IT_BEGINS, WHILE_IT_GOES_ON])
def test_a_demo_killed_at_its_weakest_points_ends_as_an_undisturbed_one(
    points: tuple[tuple[str, int], ...], undisturbed: End, tmp_path: Path
) -> None:
    """One point after the other in one folder, each start going on where the last was killed."""
    for point, number in points:
        attempt = demo(tmp_path, killed_at(point, number))
        assert attempt.was_killed, f"{point}: {attempt.output}"
    end = demo(tmp_path)
    assert (end.code, differences(undisturbed, end_of(tmp_path))) == (0, ""), end.output


def test_rules_that_were_being_reloaded_at_a_kill_are_in_force_after_a_restart(tmp_path: Path) -> None:
    rules = project(tmp_path) / "rules" / "payment_reminder.yaml"
    with running(tmp_path, killed_at("the rules are stored, not committed", 2)) as live:
        rules.write_text(rules.read_text("utf-8").replace("is due on", "is still due on"), "utf-8")
        wait_until(lambda: live.process.poll() is not None)
    with running(tmp_path) as live:
        live.wait_until_quiet()
        assert live.webhook("SM" + "1" * 32, "Balance please") == 200
        live.wait_until_quiet()
        assert live.balances_told("is still due") == 1


QUICK_PEOPLE = """
[play]
campaign = "payment_reminder"
contacts = "contacts.csv"
[[people]]
name = "Ada"
phone = "+4915112345601"
answers = [{ when = "Can you pay", say = "On Friday", after_seconds = 0.3, times = 1 },
           { when = "yes or no", say = "YES", after_seconds = 0.3 }]
[[people]]
name = "Ben"
phone = "+4915112345602"
answers = [{ when = "Can you pay", say = "no", after_seconds = 0.5 }]
[[people]]
name = "Carla"
slack = "U00000003"
answers = [{ when = "Can you pay", press = "Yes", after_seconds = 0.7 }]
[[people]]
name = "Greta"
phone = "+4915112345607"
slack = "U00000007"
says = [{ text = "Balance please", at_seconds = 5, channel = "sms" },
        { text = "paid", at_seconds = 5.5, channel = "slack" }]
"""


def conversation(folder: Path, kills: tuple[float, ...]) -> End:
    """The example conversation in real time, the gateway killed so many seconds after each time it was ready."""
    project(folder, QUICK_PEOPLE)
    for seconds in kills:
        with running(folder) as live:
            live.kill_after(seconds)
    with running(folder) as live:
        live.wait_until_quiet()
        return live.reached()


def test_a_sandbox_killed_in_mid_conversation_goes_on_to_the_same_end(tmp_path: Path) -> None:
    wanted = conversation(tmp_path / "undisturbed", ())
    found = conversation(tmp_path / "killed", (0.1, 0.6))
    assert differences(wanted, found) == ""
    assert sum(wanted.transcript.values()) > 15
