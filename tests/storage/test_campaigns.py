"""Campaigns, rule file versions, opt-outs and uploads."""

from storage.database import Storage
from storage.values import CampaignCounts, Row
from tests.storage.rows import NOON, SECOND, communication, message, participant, run


def test_a_campaign_begins_inactive_and_is_made_once(storage: Storage) -> None:
    with storage.transaction() as transaction:
        for name in ("spring", "autumn", "spring"):
            transaction.campaigns.ensure(name)

        assert [(row["name"], row["status"]) for row in transaction.campaigns.all()] == [
            ("autumn", "inactive"),
            ("spring", "inactive"),
        ]
        assert transaction.campaigns.get("winter") is None


def test_a_campaign_remembers_when_it_last_started(storage: Storage) -> None:
    with storage.transaction() as transaction:
        campaigns = transaction.campaigns
        campaigns.ensure("spring")
        campaigns.set_status("spring", "active", NOON)
        campaigns.set_status("spring", "inactive", NOON + SECOND)
        campaigns.activate_version("spring", "hash1")

        expected = {"name": "spring", "status": "inactive", "rules": "hash1", "started_at": NOON, "reason": ""}
        assert campaigns.get("spring") == {**expected, "paced_until": None}


def test_a_campaign_in_error_keeps_its_first_reason_until_it_is_started_or_stopped(storage: Storage) -> None:
    with storage.transaction() as transaction:
        campaigns = transaction.campaigns
        for name in ("spring", "autumn"):
            campaigns.ensure(name)
        campaigns.set_status("spring", "active", NOON)

        assert campaigns.fail(["spring", "winter"], "the channel is down") == ["spring"]
        assert campaigns.fail(["spring"], "it still is") == []
        assert told(campaigns.all()) == [("autumn", "inactive", ""), ("spring", "error", "the channel is down")]
        for status in ("active", "inactive"):
            campaigns.fail(["spring"], "again")
            campaigns.set_status("spring", status, NOON)
            assert told(campaigns.all())[1] == ("spring", status, "")


def told(rows: list[Row]) -> list[tuple[str, str, str]]:
    return [(row["name"], row["status"], row["reason"]) for row in rows]


def test_a_rule_file_version_is_kept_as_it_was_first_loaded(storage: Storage) -> None:
    with storage.transaction() as transaction:
        for at in (NOON, NOON + SECOND):
            transaction.campaigns.keep_version("hash1", "spring", "spring.yaml", "campaign: spring\n", at)

        version = transaction.campaigns.version("hash1")
        assert version is not None
        assert (version["text"], version["loaded_at"]) == ("campaign: spring\n", NOON)
        assert transaction.campaigns.version("hash2") is None


def test_a_campaign_is_counted_without_the_others(storage: Storage) -> None:
    with storage.transaction() as transaction:
        transaction.people.add_participants([participant("p1"), participant("p2", "c2"), participant("p3", "c1", "b")])
        transaction.communications.add([communication("k1"), communication("k2", status="read")])
        inbound = message("m3", campaign="spring", direction="in")
        transaction.messages.add([message("m1", campaign="spring"), message("m2", campaign="b"), inbound])
        transaction.runs.add([run("r1"), run("r2", "c2"), run("r3", campaign="b")])

        talks, waiting = {"planned": 1, "read": 1}, {"remind.pause": 2}
        expected = CampaignCounts(participants=2, communications=talks, messages={"": 1}, waiting=waiting)
        assert transaction.campaigns.counts("spring") == expected
        assert transaction.campaigns.counts("none") == CampaignCounts(0, {}, {}, {})


def test_an_opt_out_holds_for_its_channel_until_it_is_removed(storage: Storage) -> None:
    asked = [("sms", "+1"), ("sms", "+2"), ("slack", "+1")]
    with storage.transaction() as transaction:
        transaction.opt_outs.put("sms", "+1", "STOP", NOON)
        transaction.opt_outs.put("sms", "+1", "ENDE", NOON)
        assert transaction.opt_outs.among(asked) == {("sms", "+1")}

        transaction.opt_outs.remove("sms", "+1", NOON)
        transaction.opt_outs.remove("sms", "+2", NOON)
        assert transaction.opt_outs.among(asked) == set()
