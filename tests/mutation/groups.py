"""What is mutated, and the tests that have to notice: the parts that lose, double or let in something if they err."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Group:
    """Modules and the tests that hold them. ``functions`` are patterns; empty: all functions. Tests that run on each
    database run on PostgreSQL only where the part is about that: ``postgres``."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]
    functions: tuple[str, ...] = ()
    postgres: bool = False


def of(folder: str, *tests: str) -> tuple[str, ...]:
    """Paths of test files in a folder of tests, without their beginning and end."""
    return tuple(f"tests/{folder}/test_{test}.py" for test in tests)


SIGNED = ("twilio_webhook", "twilio_signature", "slack_read", "slack_shape", "slack_signature")
CHECKLIST = ("security_checklist_twilio", "security_checklist_slack")
CONSENT = (
    "*write_opt_outs*",
    "*canceled_row*",
    "*withdrawn_event*",
    "*consent_of*",
    "*_heed*",
    "*_obey*",
    "*_stop_contact*",
    "*ǁhold__*",
    "*_mirror_consent__*",
    "*_load_opt_outs__*",
    "*decide_in_order__*",
    "*worker.x_park__*",
    "*_undone__*",
)

GROUPS = (
    Group(
        "statuses",
        ("rules/statuses.py", "rules/receipts.py"),
        of("rules", "react_receipts", "attempts"),
    ),
    Group(
        "outbox",
        ("storage/outbox.py", "storage/claims.py", "storage/opt_outs.py"),
        of("storage", "outbox", "outbox_tries", "claims", "opt_outs", "lost_messages", "campaigns", "backup"),
    ),
    Group(
        "webhooks",
        (
            "channels/twilio/webhook.py",
            "channels/twilio/signature.py",
            "channels/slack/webhook.py",
            "channels/slack/signature.py",
        ),
        of("channels", *SIGNED, *CHECKLIST, "edge_cases", "media", "twilio_missed"),
    ),
    Group(
        "ingress",
        ("gateway/ingress.py", "gateway/bodies.py"),
        of("gateway", "ingress", "bodies", "bodies_under_way", "edge_words", "refusing", "health")
        + of("channels", "security_checklist"),
    ),
    Group(
        "opt-out",
        tuple(f"gateway/{name}.py" for name in ("writing", "batch", "hearing", "loading", "worker", "parking")),
        of("gateway", "consents_written", "consent", "stop_contact", "held_events", "parked_events", "worker"),
        CONSENT,
    ),
    Group(
        "sender",
        tuple(f"gateway/{name}.py" for name in ("sender", "ahead", "posting", "send_records", "restraint")),
        of("gateway", "sender", "unknown_sends", "doubts", "unsent", "provider_trouble", "restart")
        + of("gateway", "restraint", "claimed_ahead", "sender_taken_over"),
    ),
    Group(
        "shards",
        (
            *(f"storage/{name}.py" for name in ("shards", "leases", "breakers", "channel_states")),
            *(f"gateway/{name}.py" for name in ("shards", "leasing")),
        ),
        of("storage", "shards", "leases", "breakers", "channel_states")
        + of("gateway", "shards", "shards_in_trouble", "leasing"),
        postgres=True,
    ),
    Group(
        "shared",
        tuple(f"gateway/{name}.py" for name in ("shared_rulebooks", "shared_rules_watch", "activating", "sharing")),
        of("gateway", "rules_across_hosts", "rules_across_workers", "rules_that_cannot_be_followed", "sharing"),
    ),
)
