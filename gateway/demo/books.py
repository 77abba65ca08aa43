"""The end of the demo: the final state, and whether everything expected happened."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from channels.sandbox import Sandbox
from rules.facts import Trigger
from storage.transaction import Transaction
from storage.values import Row

PAGE = 1000


@dataclass(frozen=True)
class Expectation:
    """One thing that must have happened."""

    text: str
    met: bool


@dataclass(frozen=True)
class Books:
    """What the database and the sandbox hold when all is quiet."""

    people: tuple[dict[str, Any], ...]
    fired: Counter[tuple[str, str]]
    waiting: int
    owed: int

    def person(self, name: str) -> dict[str, Any]:
        return next(person for person in self.people if person["name"] == name)

    def talk(self, name: str, node: str) -> dict[str, Any]:
        """The person's communication of this node; {} where there is none."""
        return next((talk for talk in self.person(name)["communications"] if talk["node"] == node), {})

    def has_fired(self, trigger: Trigger, origin: str) -> bool:
        """Whether a flow was started by this trigger from this origin."""
        return self.fired[str(trigger), origin] > 0


def read_books(t: Transaction, campaign: str) -> Books:
    """Everything that the final state is made of."""
    participants = t.people.participants_of(campaign)
    customers = [row["customer"] for row in participants]
    identities = t.people.identifiers(customers)
    names = {id: row["fields"].get("first_name", "") for id, row in t.people.customers(customers).items()}
    people = (person(t, row, names[row["customer"]], identities.get(row["customer"], {})) for row in participants)
    ordered = sorted(people, key=lambda one: str(one["name"]))
    return Books(tuple(ordered), triggers_fired(t), t.inbox.waiting_count(), t.outbox.owed_count())


def person(t: Transaction, row: Row, name: str, identifiers: dict[str, str]) -> dict[str, Any]:
    """One participant's final state; ids and times are left out, so that two runs can be compared."""
    talks = [talk(c) for c in t.communications.of_participants([row["id"]])]
    said = [message(m) for m in t.messages.of_customers([row["customer"]])]
    return {
        "name": name,
        "identifiers": identifiers,
        "fields": dict(sorted(row["fields"].items())),
        "outcome": row["outcome"],
        "communications": sorted(talks, key=json.dumps),
        "messages": sorted(said, key=json.dumps),
    }


def talk(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in ("node", "channel", "status", "reason")} | {
        "results": row["talk"].get("results", {})
    }


def message(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in ("direction", "channel", "address", "text", "status", "error")}


def triggers_fired(t: Transaction) -> Counter[tuple[str, str]]:
    """How often each trigger started a flow, by where it came from."""
    return Counter(pair for row in decisions(t) for pair in fired_in(row))


def decisions(t: Transaction) -> Iterator[Row]:
    after = 0
    while page := t.decisions.history(after, PAGE):
        yield from page
        after = page[-1]["event"]


def fired_in(row: Row) -> Iterator[tuple[str, str]]:
    for reaction in row["log"]:
        for considered in reaction.get("facts", ()):
            if considered.get("activations"):
                yield considered["fact"]["trigger"], origin(row)


def origin(row: Row) -> str:
    """Where an event came in: csv, api, a provider's webhook, the sender's own record or a timer."""
    payload = row["payload"]
    match row["kind"]:
        case "participant":
            return {"import": "csv"}.get(payload["source"], str(payload["source"]))
        case "message":
            return f"{payload['channel']} message"
        case "receipt":
            return "sending" if row["key"].startswith("send:") else f"{payload['channel']} callback"
    return str(row["kind"])


def expectations(books: Books, sandbox: Sandbox) -> list[Expectation]:
    """Everything that must have happened by now."""
    return [*trigger_expectations(books), *people_expectations(books), *balance_expectations(books, sandbox)]


def trigger_expectations(books: Books) -> list[Expectation]:
    wanted = (
        (Trigger.PARTICIPANT_CREATED, "csv"),
        (Trigger.PARTICIPANT_UPDATED, "api"),
        (Trigger.COMMUNICATION_UPDATED, "sms callback"),
        (Trigger.COMMUNICATION_ENDED, "sms message"),
        (Trigger.COMMUNICATION_ENDED, "slack message"),
        (Trigger.COMMUNICATION_ENDED, "timer"),
        (Trigger.INCOMING_SESSION, "sms message"),
        (Trigger.INCOMING_SESSION, "slack message"),
        (Trigger.FROM_ANOTHER_FLOW, "timer"),
    )
    return [Expectation(f"{trigger} fires ({origin})", books.has_fired(trigger, origin)) for trigger, origin in wanted]


def people_expectations(books: Books) -> list[Expectation]:
    sms, slack = "remind.ask_by_sms", "remind.ask_on_slack"
    status = {name: books.talk(name, sms).get("status") for name in ("Ben", "Dmitri", "Elif", "Femi")}
    thanks = books.talk("Dmitri", "paid.say_thanks").get("status")
    promised = {name: books.person(name)["fields"].get("payment_status") for name in ("Ada", "Carla", "Dmitri")}
    return [
        Expectation("Ada is asked again, then promises", promised["Ada"] == "promised"),
        Expectation("Ben says no", books.talk("Ben", sms).get("results") == {"will_pay": False}),
        Expectation("Carla presses Yes on Slack", books.talk("Carla", slack).get("results") == {"will_pay": True}),
        Expectation("Carla's promise is noted", promised["Carla"] == "promised"),
        Expectation("Dmitri pays first: his reminder is canceled", status["Dmitri"] == "canceled"),
        Expectation("Dmitri's payment is acknowledged", thanks == "completed"),
        Expectation("Elif never answers", status["Elif"] == "no_response"),
        Expectation("Femi's phone is off", status["Femi"] == "failed"),
    ]


def balance_expectations(books: Books, sandbox: Sandbox) -> list[Expectation]:
    ours = Counter(
        m["text"] for p in books.people for m in p["messages"] if m["direction"] == "out" and m["status"] != "canceled"
    )
    return [
        Expectation("nothing is left waiting or owed", (books.waiting, books.owed) == (0, 0)),
        Expectation("every message owed was sent, none twice", ours == sandbox_texts(sandbox)),
    ]


def sandbox_texts(sandbox: Sandbox) -> Counter[str]:
    """Everything the gateway sent, as the sandbox has it."""
    texts: Counter[str] = Counter()
    for channel in sandbox.snapshot()["channels"]:
        for talks in (channel.get("phones", []), channel.get("rooms", [])):
            texts.update(m["text"] for talk in talks for m in talk["messages"] if m["direction"] == "outbound")
    return texts
