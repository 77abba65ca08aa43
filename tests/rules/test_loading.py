"""What a loaded rulebook holds, and what is wrong across files."""

from dataclasses import FrozenInstanceError
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256

import pytest

from rules.actions.cancel_communications import CancelCommunications
from rules.actions.communicate import Communicate
from rules.actions.update_field import UpdateField
from rules.agents.form import Form
from rules.book import Rulebook, SwitchNode, TriggerNode
from rules.expressions import Expression
from rules.facts import Fact, Trigger
from rules.loader import Loaded, Project, load_rulebook
from rules.values import Position, ValueType
from tests.rules.rulebooks import FOLDER, PROJECT


def small(name: str = "trial", to: str = "done") -> str:
    flow = f"    joined: {{when: participant_created, next: {to}}}\n    done: {{do: finish}}\n"
    return f"campaign: {name}\nflows:\n  main:\n{flow}"


def loaded(name: str) -> Rulebook:
    path = FOLDER / "good" / name
    rulebook = load_rulebook(path.read_text(encoding="utf-8"), name, PROJECT).rulebook
    assert rulebook is not None
    return rulebook


def in_main(lines: str, head: str = "") -> Loaded:
    text = f"campaign: trial\n{head}flows:\n  main:\n    wrote: {{when: incoming_session, next: node}}\n    {lines}\n"
    return load_rulebook(text, "trial.yaml", PROJECT)


def messages(result: Loaded) -> list[str]:
    return [f"{d.code} {d.message}" for d in result.diagnostics if d.level == "error"]


def test_a_rulebook_is_known_by_the_hash_of_its_text() -> None:
    text = small()

    books = [load_rulebook(form, "a.yaml", PROJECT).rulebook for form in (text, text.encode())]

    assert [book.hash for book in books if book] == [sha256(text.encode()).hexdigest()] * 2


def test_the_file_is_read_in_its_order() -> None:
    book = loaded("01_payment_reminder.yaml")

    assert list(book.flows) == ["remind", "escalate"]
    assert [t.full_name for t in book.triggers] == ["remind.joined", "remind.reminder_ended", "escalate.entered"]
    assert (book.campaign, book.title, book.timezone, book.region) == (
        "payment_reminder",
        "Payment reminder",
        "Europe/Berlin",
        "DE",
    )


def test_positions_are_those_of_the_keys() -> None:
    book = loaded("01_payment_reminder.yaml")
    file = "01_payment_reminder.yaml"

    assert book.fields["due_date"].position == Position(file, 9, 3)
    assert book.agents["collector"].position == Position(file, 16, 3)
    assert book.flows["remind"].position == Position(file, 25, 3)
    assert book.flows["remind"].nodes["send_reminder"].position == Position(file, 31, 5)


def test_nothing_in_a_rulebook_can_be_changed() -> None:
    book = loaded("01_payment_reminder.yaml")

    with pytest.raises(TypeError):
        book.fields["other"] = book.fields["due_date"]  # type: ignore[index]
    with pytest.raises(TypeError):
        del book.flows["remind"].nodes["joined"]  # type: ignore[attr-defined]
    with pytest.raises(FrozenInstanceError):
        book.campaign = "other"  # type: ignore[misc]


def test_the_channels_are_those_of_the_project_as_the_campaign_uses_them() -> None:
    channels = loaded("01_payment_reminder.yaml").channels

    assert {name: (c.kind, c.identifier, c.enroll) for name, c in channels.items()} == {
        "sms": ("sms", "phone", True),
        "slack": ("slack", "slack", False),
    }


@pytest.mark.parametrize(
    ("trigger", "narrowing"),
    [
        ("joined", {"source": ("import", "api")}),
        ("changed", {"field": ("stage",), "source": ("customer",)}),
        ("ended", {"of": ("main.tell", "other.tell"), "status": ("completed", "failed"), "channel": ("sms",)}),
        ("updated", {"of": ("main.tell",), "status": ("replied",)}),
        ("wrote", {"channel": ("sms", "slack"), "keyword": ("BEGIN", "GO")}),
        ("wrote_any", {}),
    ],
)
def test_narrowing_is_kept_as_facts_say_it(trigger: str, narrowing: dict[str, tuple[str, ...]]) -> None:
    node = loaded("02_every_trigger.yaml").flows["main"].nodes[trigger]

    assert isinstance(node, TriggerNode)
    assert node.narrowing == narrowing


def test_a_communicate_node_is_named_in_full() -> None:
    node = loaded("02_every_trigger.yaml").flows["main"].nodes["undo"]

    assert isinstance(node, CancelCommunications)
    assert node.of == ("main.tell", "other.tell")


def test_defaults_have_the_type_of_their_field() -> None:
    fields = loaded("03_every_type.yaml").fields

    assert {name: field.default for name, field in fields.items()} == {
        "nickname": "NO",
        "visits": 3,
        "amount": Decimal("12.50"),
        "member": False,
        "due": date(2027, 3, 31),
        "appointed": datetime(2027, 3, 31, 14, 30),
        "colour": "blue",
        "mail": "anna@example.com",
        "mobile": "+12125552368",
    }
    assert [field.type.value for field in fields.values()] == [t.value for t in tuple(ValueType)[:9]]


def test_cases_have_the_type_of_what_is_switched_on() -> None:
    node = loaded("03_every_type.yaml").flows["main"].nodes["count"]

    assert isinstance(node, SwitchNode)
    assert node.cases == ((0, "never"), (1, "keep"))


def test_update_field_holds_constants_of_the_fields_type_and_expressions() -> None:
    node = loaded("03_every_type.yaml").flows["main"].nodes["keep"]
    assert isinstance(node, UpdateField)
    values = dict(node.set)

    assert isinstance(values["nickname"], Expression)
    assert values["amount"] == Decimal("0.5")
    assert values["due"] == date(2027, 1, 1)
    assert values["mobile"] is None
    assert values["member"] is True


def test_a_form_holds_its_questions() -> None:
    form = loaded("03_every_type.yaml").agents["survey"]
    assert isinstance(form, Form)

    assert form.reply_within == timedelta(days=2)
    assert [(q.result, q.type.value, q.choices, q.retries) for q in form.questions] == [
        ("name", "string", (), 0),
        ("visits", "integer", (), 1),
        ("colour", "enumeration", ("red", "blue"), 0),
        ("again", "boolean", (), 0),
    ]
    assert form.closing is None


def test_a_communication_begins_now_where_no_time_is_stated() -> None:
    main, other = (loaded("02_every_trigger.yaml").flows[name].nodes["tell"] for name in ("main", "other"))
    assert isinstance(main, Communicate)
    assert isinstance(other, Communicate)

    assert main.at is not None
    assert other.at is None


@pytest.mark.parametrize(
    "expression",
    [
        "phone == customer.phone and is_set(email) and slack == external_id",
        'communication.status == "failed" and is_set(communication.reason) and is_set(communication.node)',
        'message.keyword == "JOIN" and message.channel == "sms" and contains(message.text, "x")',
        "results.agreed",
        "member or participant.member or customer.member",
        'participant.age > 17 and participant.outcome == "done"',
    ],
)
def test_expressions_may_use_every_name_there_is(expression: str) -> None:
    head = (
        "fields:\n  member: {type: boolean, level: customer}\n  age: {type: integer}\n"
        "agents:\n  ask: {kind: form, questions: [{result: agreed, ask: Agreed?, type: boolean}]}\n"
    )

    assert messages(in_main(f"node: {{if: '{expression}'}}", head)) == []


@pytest.mark.parametrize("name", ["customer.age", "results.unasked", "communication.id", "participant.phone", "os"])
def test_no_other_name_may_be_used(name: str) -> None:
    result = in_main(f"node: {{if: 'is_set({name})'}}", "fields:\n  age: {type: integer}\n")

    assert [d.code for d in result.diagnostics] == ["E401"]


@pytest.mark.parametrize(
    ("head", "lines"),
    [
        pytest.param("fields:\n  due: {type: dat}\n", "node: {if: due == today()}", id="a field with a mistake"),
        pytest.param(
            "fields:\n  due: {type: date, levl: customer}\n", "node: {if: customer.due == today()}", id="level"
        ),
        pytest.param(
            "agents:\n  ask: {kind: form, questions: [{result: ok, aks: OK?, type: boolean}]}\n",
            "node: {do: communicate, channel: sms, agent: ask, next: then}\n    then: {if: results.ok}",
            id="an agent with a mistake",
        ),
        pytest.param(
            "agents:\n  ask: {kind: form, questions: [{result: ok, ask: OK?, type: enumeration, vals: [a, b]}]}\n",
            "node: {switch: results.ok, cases: {c: }}",
            id="values with a mistake",
        ),
        pytest.param("", "node: {do: reply, text: Hello, nxt: then}\n    then: {do: finish}", id="an edge misspelt"),
        pytest.param(
            "", "node: {do: reply, text: Hello, next: a, next: b}\n    a: {do: finish}\n    b: {do: finish}", id="two"
        ),
        pytest.param("", "node: {do: reply, text: Hello, next: tehn}\n    then: {do: finish}", id="an edge astray"),
        pytest.param("", "node: {do: finish}\n    other: {when: incoming_session, keywrd: GO}", id="a narrowing"),
        pytest.param("", "node: {do: cancel_communications, of: n}\n    n: {do: comunicate}", id="an action misspelt"),
        pytest.param(
            "", "node: {do: to_another_flow, flow: other}\n  other:\n    in: {whn: from_another_flow}", id="a trigger"
        ),
        pytest.param("", "node: {do: to_another_flow, flow: other}\n  other: {}", id="an empty flow"),
    ],
)
def test_one_mistake_is_one_error_however_much_depends_on_it(head: str, lines: str) -> None:
    assert len(messages(in_main(lines, head))) == 1


def test_a_misspelt_key_hides_no_other_mistake_of_its_node() -> None:
    result = in_main("node: {if: is_set(fone), mach: done, else: dne}\n    done: {do: finish}")

    assert [d.code for d in result.diagnostics] == ["E401", "E107", "E201"]


def test_more_than_400_triggers_in_a_campaign_are_refused() -> None:
    words = "".join(f"    word_{n}: {{when: incoming_session, keyword: W{n}}}\n" for n in range(200))
    talks = "".join(
        f"    talk_{n}: {{do: communicate, channel: sms, agent: hi, next: talk_{n + 1}}}\n" for n in range(200)
    )
    talks += "    talk_200: {do: finish}\n"
    ended = "".join(f"    ended_{n}: {{when: communication_ended, of: talk_{n}}}\n" for n in range(200))
    head = "campaign: many\nagents:\n  hi: {kind: notice, text: Hi}\nflows:\n  main:\n"
    head += "    joined: {when: participant_created, next: talk_0}\n"

    found = load_rulebook(head + words + talks + ended, "many.yaml", PROJECT).diagnostics

    assert [d.message for d in found if d.level == "error"] == ["more than 400 triggers in one campaign"]


TOO_MANY_LISTS = "triggers of the type participant_updated are narrowed to more than 200 different lists"


@pytest.mark.parametrize(("triggers", "wrong"), [(197, []), (198, [TOO_MANY_LISTS]), (200, [TOO_MANY_LISTS])])
def test_more_different_lists_than_the_engine_takes_are_refused_once(triggers: int, wrong: list[str]) -> None:
    """A field alone is a list, too; three of these triggers have a second one."""
    fields = "".join(f"  f{number}: {{type: string}}\n" for number in range(200))
    also = [", source: [api, flow]", ", source: [api, import]", ", source: [api, customer]"]
    lines = "".join(
        f"    t{number}: {{when: participant_updated, field: f{number}{extra}}}\n"
        for number, extra in enumerate(also + [""] * (triggers - 3))
    )

    result = load_rulebook(f"campaign: many\nfields:\n{fields}flows:\n  main:\n{lines}", "many.yaml", PROJECT)

    assert [d.message for d in result.diagnostics] == wrong
    if result.rulebook:
        fact = Fact(Trigger.PARTICIPANT_UPDATED, source="api", changed=frozenset(result.rulebook.fields))
        assert len(result.rulebook.matcher.match(fact)) == triggers


def test_a_project_without_channels_knows_none() -> None:
    result = load_rulebook(small().replace("finish}", "notify, channel: sms, to: x, text: y}"), "a.yaml", Project())

    assert messages(result) == ['E205 there is no channel "sms"']
    assert result.diagnostics[0].hint == "there are no channels"
