"""A campaign that asks a service, and what its tests look at."""

from tests.gateway.example_rules import ADA
from tests.gateway.running import World

ASK = """
campaign: ask
timezone: Europe/Berlin
fields:
  order_no: {type: string}
  amount_due: {type: numeric, default: 10}
flows:
  main:
    joined: {when: participant_created, next: ask_crm}
    ask_crm:
      do: call_webhook
      service: crm
      with: {order: {expr: participant.order_no}, language: de}
      sets: [amount_due]
      cases: {paid: thank}
      next: go_on
      failed: tell_team
    thank: {do: finish, outcome: paid}
    go_on: {do: finish, outcome: open}
    tell_team: {do: finish, outcome: failed}
"""


async def ask(world: World, *phones: str) -> None:
    await world.start("ask")
    await world.give("ask", *({"phone": phone, "order_no": f"A{phone[-1]}"} for phone in phones or (ADA,)))


async def outcomes(world: World) -> list[str]:
    return [person["outcome"] for person in await world.people("ask")]


async def why(world: World) -> str:
    """What the node that asked said last."""
    return str((await world.decisions("answer"))[-1]["log"])
