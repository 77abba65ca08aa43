"""`/hooks`: who outside is told what happens, what they were told, and how to tell it again."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from gateway.api.answers import Answer, Moment
from gateway.api.asked import Asked
from gateway.api.endpoints import Endpoint, NoQuery, Told
from gateway.api.paging import PageQuery
from gateway.api.problems import Problem
from gateway.api.queries import EVER, MICROSECOND, cursor, is_cursor
from gateway.api.queries import told as cursor_told
from gateway.api.scopes import Scope
from gateway.hints import did_you_mean
from gateway.hooks.again import Unsendable, enable, redeliver
from gateway.hooks.kinds import KINDS, HookEvent
from gateway.ids import is_id
from gateway.settings_file import HookSettings
from storage.listing.pages import Key
from storage.transaction import Transaction
from storage.values import Row

State = Literal["", "owed", "sending", "delivered", "failed"]
AFTER = r"[0-9]{1,16}-[0-9]{1,18}"  # a cursor: a moment and a number
KEYS = ("id", "hook", "customer", "state", "attempts", "error", "created_at", "next_at", "first_tried_at", "done_at")


class Hook(Told):
    """A hook of the settings. ``status`` is ok, failing (it was told something in vain, and has taken nothing since) or
    disabled (nothing is sent until it is enabled); ``owed`` deliveries are yet to be made."""

    hook: str
    url: str
    events: list[str]
    status: Literal["ok", "failing", "disabled"]
    owed: int
    failing_since: Moment | None
    disabled_at: Moment | None
    last_error: str


class Hooks(Told):
    """The hooks in the order of the settings."""

    hooks: list[Hook]


class Delivery(Told):
    """One thing that a hook is told; ``id`` is its `webhook-id`. ``state`` is owed, sending, delivered or failed (given
    up, ``error`` says why); ``attempts`` counts the tries, ``next_at`` is when it is (or was) to be sent."""

    id: str
    hook: str
    type: str
    customer: str
    state: str
    attempts: int
    error: str
    created_at: Moment
    next_at: Moment
    first_tried_at: Moment | None
    done_at: Moment | None


class DeliveryInFull(Delivery):
    """A delivery with its ``data``, empty once its customer was erased."""

    data: dict[str, Any]


class Deliveries(Told):
    """A page of them."""

    deliveries: list[Delivery]
    next: str | None


class DeliveriesQuery(PageQuery):
    """Which deliveries."""

    after: Annotated[str, is_cursor(AFTER), cursor_told(AFTER)] = ""
    state: Annotated[State, Field(description="in this state")] = ""
    type: Annotated[Literal["", HookEvent], Field(description="of this type")] = ""

    @property
    def key(self) -> Key | None:
        moment, _, seq = self.after.partition("-")
        return (EVER + int(moment) * MICROSECOND, int(seq)) if self.after else None


async def list_hooks(asked: Asked[NoQuery, None]) -> Answer:
    """The hooks of the settings, and how each one does."""
    return Answer(body=await asked.desk.read(lambda t: Hooks(hooks=hooks_told(t, asked.desk.hooks))))


async def list_deliveries(asked: Asked[DeliveriesQuery, None]) -> Answer:
    """A page of what a hook was told, or is to be, the latest first."""
    hook, query = _hook(asked), asked.query
    page = await asked.desk.read(
        lambda t: t.lists.deliveries.page(hook, query.key, query.limit, state=query.state, kind=query.type)
    )
    return Answer(body=Deliveries(deliveries=[Delivery(**told(row)) for row in page.rows], next=cursor(page.next)))


async def get_delivery(asked: Asked[NoQuery, None]) -> Answer:
    """One delivery with what it tells."""
    return Answer(body=await asked.desk.read(lambda t: _in_full(t, _hook(asked), asked.path["delivery"])))


async def redeliver_delivery(asked: Asked[NoQuery, None]) -> Answer:
    """Send a delivery (again) now, under the same id, as if nobody had tried yet.

    409 while it is being sent, and where its customer was erased. A disabled hook has to be enabled, too.
    """
    hook, delivery, now = _hook(asked), asked.path["delivery"], asked.desk.now()

    def again(t: Transaction) -> DeliveryInFull:
        before = _in_full(t, hook, delivery)
        try:
            redeliver(t, hook, delivery, now)
        except Unsendable as reason:
            raise Problem(409, "stays", "The delivery stays as it is", str(reason)) from None
        entry = asked.entry("redeliver_delivery", f"delivery/{delivery}", before={"state": before.state})
        t.audit.add([entry])
        return _in_full(t, hook, delivery)

    body = await asked.desk.storage.run(again)
    asked.desk.ring()
    return Answer(body=body)


async def enable_hook(asked: Asked[NoQuery, None]) -> Answer:
    """Tell a hook again what happens: what it is owed is sent now, in order.

    Of one that is not disabled, whatever waits for its next try is tried now.
    """
    hook, now = _hook(asked), asked.desk.now()

    def work(t: Transaction) -> Hook:
        was_disabled = enable(t, hook, now)
        t.audit.add([asked.entry("enable_hook", f"hook/{hook}", before={"disabled": was_disabled})])
        (body,) = hooks_told(t, {hook: asked.desk.hooks[hook]})
        return body

    body = await asked.desk.storage.run(work)
    asked.desk.ring()
    return Answer(body=body)


def hooks_told(t: Transaction, hooks: Mapping[str, HookSettings]) -> list[Hook]:
    """How each of these hooks does."""
    troubles, owed = t.hook_troubles.all(), t.deliveries.open_counts(hooks)
    return [_told(name, hook, troubles.get(name, {}), owed.get(name, 0)) for name, hook in hooks.items()]


def _told(name: str, hook: HookSettings, trouble: Row, owed: int) -> Hook:
    return Hook(
        hook=name,
        url=hook.url,
        events=list(hook.events or KINDS),
        status="disabled" if trouble.get("disabled_at") else "failing" if trouble else "ok",
        owed=owed,
        failing_since=trouble.get("failing_since"),
        disabled_at=trouble.get("disabled_at"),
        last_error=trouble.get("error", ""),
    )


def _hook(asked: Asked[Any, Any]) -> str:
    name, hooks = asked.path["hook"], asked.desk.hooks
    if name not in hooks:
        detail = f'there is no hook "{name[:60]}"{did_you_mean(name, hooks)}'
        raise Problem(404, "unknown-hook", "Unknown hook", detail)
    return name


def _in_full(t: Transaction, hook: str, delivery: str) -> DeliveryInFull:
    row = t.deliveries.get(hook, delivery) if is_id(delivery) else None
    if row is None:
        raise Problem(404, "unknown-delivery", "Unknown delivery", "this hook has no delivery of this id")
    return DeliveryInFull(**told(row), data=row["payload"])


def told(row: Row) -> Row:
    """A row as it is told, without what it says."""
    return {"type": row["kind"], **{key: row[key] for key in KEYS}}


DELIVERY = "/hooks/{hook}/deliveries/{delivery}"
STAYS = {409: "It is being sent, or what it told was erased; `detail` says which"}


def _endpoint(method: str, path: str, handler: Any, answer: type[Told], **more: Any) -> Endpoint[Any, Any]:
    return Endpoint(
        method=method, path=path, tag="hooks", scope=Scope.ADMIN, handler=handler, answers={200: answer}, **more
    )


ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    _endpoint("GET", "/hooks", list_hooks, Hooks),
    _endpoint("POST", "/hooks/{hook}/enable", enable_hook, Hook),
    _endpoint("GET", "/hooks/{hook}/deliveries", list_deliveries, Deliveries, query=DeliveriesQuery),
    _endpoint("GET", DELIVERY, get_delivery, DeliveryInFull),
    _endpoint("POST", f"{DELIVERY}/redeliver", redeliver_delivery, DeliveryInFull, problems=STAYS),
)
