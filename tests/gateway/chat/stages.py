"""A rule file to chat with, and chats in few words."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from click.testing import CliRunner

from gateway.chat.running import begin, take, talking
from gateway.chat.stage import stage_of
from gateway.chat.talk import Talk
from gateway.commands.chatting import chat

RULES = """campaign: visits
timezone: Europe/Berlin
fields:
  name: {type: string, level: customer, required: true}
  day: {type: date, required: true}
  plan: {type: enumeration, values: [free, team], default: free}
agents:
  desk:
    kind: form
    opening: "Hi {{ name }}, we expect you on {{ day | date }}."
    questions:
      - {result: comes, ask: "Will you come?", type: boolean, retries: 1}
    closing: "Thank you."
    reply_within: 2h
flows:
  ask:
    joined: {when: participant_created, next: send}
    send: {do: communicate, channel: sms, agent: desk}
    ended: {when: communication_ended, of: send, next: how}
    how:
      if: results.comes
      match: good
      else: tell
    good: {do: finish, outcome: comes}
    tell: {do: notify, channel: slack, to: "#desk", text: "{{ name }} does not come."}
  price:
    wrote: {when: incoming_session, keyword: price, next: look}
    look: {do: call_webhook, service: shop, cases: {dear: dear}, next: fair, failed: sorry}
    dear: {do: reply, text: "It is dear."}
    fair: {do: reply, text: "It is fair."}
    sorry: {do: reply, text: "We do not know."}
"""
AT = datetime(2027, 3, 1, 10)


def rule_file(folder: Path, text: str = RULES) -> Path:
    path = folder / "visits.yaml"
    path.write_text(text, "utf-8")
    return path


@asynccontextmanager
async def visiting(folder: Path, given: Mapping[str, str] | None = None, stranger: bool = False) -> AsyncIterator[Talk]:
    """A chat that has begun, on Monday 2027-03-01 at ten in Berlin."""
    rule_file(folder)
    async with talking(stage_of("visits", folder, folder), given or {}, AT) as talk:
        await begin(talk, given or {}, stranger)
        yield talk


async def told(talk: Talk, *lines: str) -> list[str]:
    """What comes of the last of these lines."""
    found: list[str] = []
    for line in lines:
        found = await take(talk, line)
    return found


def chatted(folder: Path, *lines: str, options: tuple[str, ...] = ()) -> tuple[int, list[str]]:
    """Exit code and output of `pointsman chat` with these lines piped into it."""
    arguments = ["visits", "--rules", str(folder), "--at", "2027-03-01 10:00", *options]
    result = CliRunner().invoke(chat, arguments, input="".join(f"{line}\n" for line in lines))
    return result.exit_code, result.output.splitlines()
