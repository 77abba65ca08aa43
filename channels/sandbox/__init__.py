"""Look-alikes of Twilio and Slack, spoken to by the real adapters over HTTP.

They accept messages, keep books that outlive a crash, sign and deliver webhooks until they are answered, let people
write (by hand or from a script), and misbehave when told to. Nothing here serves HTTP: `Sandbox.answer` takes a
request as a value and gives an answer as a value; `gateway/sandbox_site.py` carries both over the wire.
"""

from channels.sandbox.behaviour import Ending, Fault, Webhooks
from channels.sandbox.control import DEEDS, ControlWrong, perform
from channels.sandbox.desk import SayRefused
from channels.sandbox.journal import JournalBroken
from channels.sandbox.people import Answer, Opening, PeopleWrong, Person, people_from
from channels.sandbox.sandbox import Sandbox
from channels.sandbox.slack import SandboxSlack
from channels.sandbox.slack_book import SlackUser
from channels.sandbox.twilio import SandboxTwilio
from channels.sandbox.wire import Drop, Hang, Reply, SandboxRequest, SandboxResponse

__all__ = [
    "DEEDS",
    "Answer",
    "ControlWrong",
    "Drop",
    "Ending",
    "Fault",
    "Hang",
    "JournalBroken",
    "Opening",
    "PeopleWrong",
    "Person",
    "Reply",
    "Sandbox",
    "SandboxRequest",
    "SandboxResponse",
    "SandboxSlack",
    "SandboxTwilio",
    "SayRefused",
    "SlackUser",
    "Webhooks",
    "people_from",
    "perform",
]
