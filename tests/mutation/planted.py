"""Bugs planted by hand, where mutmut plants none: in queries, tables and patterns of a module, and whole statements."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Planted:
    """In ``file`` the first ``text`` reads ``instead``; the tests of ``group`` have to notice."""

    group: str
    file: str
    text: str
    instead: str = ""


def statuses(file: str, *changes: tuple[str, str]) -> list[Planted]:
    return [Planted("statuses", f"rules/{file}.py", *change) for change in changes]


def outbox(file: str, *changes: tuple[str, str]) -> list[Planted]:
    return [Planted("outbox", f"storage/{file}.py", *change) for change in changes]


def webhooks(file: str, *changes: tuple[str, str]) -> list[Planted]:
    return [Planted("webhooks", f"channels/{file}.py", *change) for change in changes]


def storage(group: str, file: str, *changes: tuple[str, str]) -> list[Planted]:
    return [Planted(group, f"storage/{file}.py", *change) for change in changes]


def gateway(group: str, file: str, *changes: tuple[str, str]) -> list[Planted]:
    return [Planted(group, f"gateway/{file}.py", *change) for change in changes]


PLANTED = (
    *statuses(
        "statuses",
        (
            '    FAILED = "failed"\n    UNDELIVERED = "undelivered"\n    DELIVERED = "delivered"\n',
            '    DELIVERED = "delivered"\n    FAILED = "failed"\n    UNDELIVERED = "undelivered"\n',
        ),
        ("(MessageStatus.CANCELED, MessageStatus.FAILED", "(MessageStatus.FAILED"),
        (", MessageStatus.UNDELIVERED)", ")"),
        ("enumerate(MessageStatus, start=1)", "enumerate(MessageStatus)"),
        ("tuple(CommunicationStatus)[:5]", "tuple(CommunicationStatus)[:4]"),
    ),
    *statuses(
        "receipts",
        (
            "MessageStatus.DELIVERED: CommunicationStatus.DELIVERED",
            "MessageStatus.DELIVERED: CommunicationStatus.STARTED",
        ),
        ("MessageStatus.READ: CommunicationStatus.READ", "MessageStatus.READ: CommunicationStatus.DELIVERED"),
        ("timedelta(seconds=10)", "timedelta(seconds=9)"),
        ("timedelta(hours=1)", "timedelta(hours=2)"),
        ("REPLY_TIMER: _no_response", "REPLY_TIMER: _settle"),
        ("FAILED_TIMER: _fail", "FAILED_TIMER: _settle"),
        ("RETRY_TIMER: take_retry", "RETRY_TIMER: take_fallback"),
        ("    turn.put(ChangeMessage(message.id, receipt.status, receipt.error))\n", ""),
        ("        turn.put(ClearTimer(communication.id, FAILED_TIMER))\n", "        pass\n"),
        ("            await_reply(turn, moved)\n", "            pass\n"),
    ),
    *outbox(
        "claims",
        ("outbox.state <> 'done' AND outbox.attempts", "outbox.state <> 'sending' AND outbox.attempts"),
        ("earlier.state <> 'done'", "earlier.state = 'sending'"),
        ("EARLIER.c.channel == OUTBOX.c.channel, ", ""),
        (", EARLIER.c.address == OUTBOX.c.address)", ")"),
        ("OUTBOX.c.seq <= FIRST_OWED", "OUTBOX.c.seq > FIRST_OWED"),
        ("where(OPT_OUTS.c.channel == OUTBOX.c.channel, ", "where("),
        (", OPT_OUTS.c.address == OUTBOX.c.address)", ")"),
        ("        COMMUNICATIONS.c.id == MESSAGES.c.communication,\n", ""),
        ("        COMMUNICATIONS.c.is_open.is_(False),\n", ""),
        ('        COMMUNICATIONS.c.status != "completed",\n', ""),
        ("        execute(connection, MARK, stored(now), [row[0] for row in found])\n", "        pass\n"),
    ),
    *outbox(
        "outbox",
        ("        self.done_many([message for message, _ in sent])\n", ""),
        ('    "attempts": lambda one: one.attempts,\n', ""),
        ("lambda one: one.first_tried_at if one.was_unknown else None", "lambda one: one.first_tried_at"),
    ),
    *webhooks(
        "twilio/webhook",
        (r"\+[0-9]{4,15}", r"\+[0-9]{3,15}"),
        (r"\+[0-9]{4,15}", r"\+[0-9]{4,16}"),
        ("(?:[a-z]{1,20}:)?", ""),
        ("{0,99})", "{0,100})"),
        ("[0-9a-f]{32}", "[0-9a-f]{31,}"),
        ('b"<Response/>"', 'b""'),
    ),
    *webhooks(
        "twilio/signature",
        ("{27}=", "{27}=?"),
        ('"https": 443', '"https": 80'),
        ('"http": 80', '"http": 443'),
        (
            "(base.encode() for base in _spellings(public_url))",
            "(base.encode() for base in _spellings(public_url)[:1])",
        ),
        (
            "                    return True\n",
            "                    return True\n            return False\n",
        ),
    ),
    *webhooks("slack/webhook", ("MAX_KEY = 200", "MAX_KEY = 201"), ("        check(route, body)\n", "")),
    *gateway(
        "ingress",
        "ingress",
        ("BODY_LIMIT = 256 * 1024", "BODY_LIMIT = 256 * 1023"),
        ("BODY_LIMIT = 256 * 1024", "BODY_LIMIT = 256 * 1025"),
        ('{hdrs.RETRY_AFTER: "1"}', "{}"),
        ("            self.on_kept(event.kind)\n", "            pass\n"),
        ("        self.on_answered(adapter.name, answer.status, monotonic() - begun)\n", ""),
        ("(StorageUnavailable, QueueFull)", "StorageUnavailable"),
        ("(StorageUnavailable, QueueFull)", "QueueFull"),
        ("(BodyRefused, WebhookRefused)", "BodyRefused"),
        ("(BodyRefused, WebhookRefused)", "WebhookRefused"),
    ),
    *gateway(
        "ingress",
        "bodies",
        ("HttpProcessingError, OSError)", "HttpProcessingError)"),
        ("        size += len(piece)\n", ""),
        ("        if size <= limit:\n            yield piece\n", "        yield piece\n"),
    ),
    *gateway(
        "opt-out",
        "batch",
        ('    "stop": "opted out",\n', ""),
        ('    "rules": "stopped by the rules",\n', ""),
        ("        self._stop_contact(decided)\n", ""),
        ("        self._obey(event)\n", ""),
        ("        self._obey(decided.event)\n", ""),
        ("        self.held.append(event.id)\n", ""),
    ),
    *gateway("opt-out", "writing", ("    write_opt_outs(t, batch.consents, batch.now, telling)\n", "")),
    *gateway(
        "sender",
        "sender",
        ("            await self._recover()\n", "            pass\n"),
        ("            del self._sending[task]\n", "            pass\n"),
        ("            self.on_recorded()\n", "            pass\n"),
        ("            self.restraint.hear(*task.result(), now)\n", "            pass\n"),
        ("                await asyncio.sleep(OUTAGE_PAUSE)\n", "                return []\n"),
        ("        t.outbox.unclaim(back)\n        claimed", "        claimed"),
        ("            t.channel_states.put(self._to_keep)\n", "            pass\n"),
        ("            self.restraint.take(kept, now)\n", "            pass\n"),
        ("self._taken, self._sure = False, False", "pass"),
    ),
    *gateway(
        "sender",
        "ahead",
        ("        self._claims.clear()\n", ""),
        ("monotonic() - self._claims[0][0] > LONGEST_AHEAD", "False"),
        (
            "        return min(int(len(self._ends) * AHEAD_SECONDS / PACE_SECONDS), MOST_AHEAD)",
            "        return MOST_AHEAD",
        ),
    ),
    *gateway(
        "sender",
        "posting",
        ("KNOWN_BEFORE = timedelta(days=1)", "KNOWN_BEFORE = timedelta(days=-1)"),
        ("        begun = monotonic()\n        self._require_lease()\n", "        begun = monotonic()\n"),
    ),
    *gateway("sender", "send_records", ("        t.outbox.done(owed.message)\n", "")),
    *gateway(
        "sender",
        "restraint",
        ("DOWN_PAUSE = timedelta(seconds=60)", "DOWN_PAUSE = timedelta(days=60)"),
        ("            self.rests_for.add(owed.campaign)\n", ""),
        ("        self.silence.hear(owed, outcome, now)\n", ""),
        ("    return min(until, latest) if until else None", "    return until"),
    ),
    *storage(
        "shards",
        "shards",
        ("ORDER BY id FOR UPDATE SKIP LOCKED)", "ORDER BY id)"),
        ("UPDATE shard SET armed = false", "UPDATE shard SET armed = armed"),
        ("WHERE id = ANY(:shards) ORDER BY id FOR UPDATE", "WHERE id = ANY(:shards) ORDER BY id"),
        ("UPDATE shard SET armed = true", "UPDATE shard SET armed = false"),
        ("kind <> :read_first", "kind = :read_first"),
        (" AND shard = found.shard ORDER BY id", " ORDER BY id"),
        ("        self._ours.update(held)\n", ""),
        ("        self._ours.difference_update(shards)\n", ""),
        ("        self.left.update(shards)\n", ""),
        ('        self._connection.execute(DISARM, {"shards": list(taken)})\n', ""),
        ('            self._connection.execute(ARM, {"shards": shards})\n', ""),
        ("            queue.enqueue(self._connection, shards)\n", "            pass\n"),
    ),
    *storage(
        "shards",
        "leases",
        ("clock_timestamp()", "now()"),
        ("* 86400000000", "* 86400000"),
        ("SECOND = 1_000_000", "SECOND = 1_000"),
    ),
    *storage(
        "shards",
        "breakers",
        ('LATEST = ("failures", "until", "next_at")', 'LATEST = ("failures", "next_at")'),
    ),
    *gateway(
        "shards",
        "shards",
        ("            self.seen = t.shards\n", ""),
        ("        turn.shards |= taken\n", ""),
        ("            self.worker.on_decided(batch)\n", "            pass\n"),
        ("        await self._leave(turn, fenced)\n", ""),
    ),
)
