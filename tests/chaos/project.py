"""The project that is put to the test: what its people and its operator do shows at the provider, once each."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from gateway.settings import SANDBOX_API_TOKEN, SANDBOX_DEFAULTS

CAMPAIGN = "chaos"
NUMBER = "+15550001111"
ACCOUNT = "AC" + "0" * 32
TEAM, APP = "T00000001", "A00000001"
PHONES = tuple(f"+4915110{number:06d}" for number in range(60))  # they text by themselves
USERS = tuple(f"U{number:08d}" for number in range(1, 21))  # they write on Slack
STEPPERS = tuple(f"stepper{number}" for number in range(12))  # whom the operator's system moves on, step by step
NEWCOMERS = 3_000  # people of whom contact lists can be made
ROWS = 3  # newcomers on one contact list
EVERY_REFUSER = 10  # one newcomer of so many says STOP
EVERY_UNREACHED = 5  # on one list of so many all phones are off

SETTINGS = f"""
[channels.sms]
kind = "twilio"
account_sid = "{ACCOUNT}"
from = "{NUMBER}"
messages_per_second = 500
[channels.slack]
kind = "slack"
team = "{TEAM}"
app_id = "{APP}"
messages_per_second = 500
"""
RULES = """
campaign: chaos
fields:
  name: {type: string, default: somebody}
  step: {type: integer, default: 0}
  listed: {type: boolean, default: false}
agents:
  greeter:
    kind: form
    opening: "Welcome, {{ name }}."
    questions: [{result: ok, ask: "Can you hear us? Reply YES or NO.", type: boolean}]
    closing: "Thank you, {{ name }}."
    reply_within: 2d
  leaver: {kind: notice, text: "Goodbye, {{ name }}."}
flows:
  greet:
    joined: {when: participant_created, next: is_listed}
    is_listed: {if: listed, match: welcome}
    welcome: {do: communicate, channel: sms, agent: greeter}
    ended: {when: communication_ended, of: welcome, next: note}
    note: {do: notify, channel: slack, to: "#general", text: "{{ name }} has ended.", next: farewell}
    farewell: {do: communicate, channel: sms, agent: leaver}
  steps:
    changed: {when: participant_updated, field: step, next: tell}
    tell: {do: notify, channel: slack, to: "#billing", text: "{{ name }} is at step {{ step }}."}
  talk:
    wrote: {when: incoming_session, next: which}
    which:
      switch: message.keyword
      cases: {SAME: same}
      else: echo
    same: {do: reply, text: "The same for all."}
    echo: {do: reply, text: "Heard {{ message.text }}.", next: pause}
    pause: {do: wait, until: now() + minutes(1) / 40, next: later}
    later: {do: notify, channel: slack, to: "#general", text: "Later {{ message.text }}."}
"""


def newcomer(number: int) -> tuple[str, str]:
    """Name and phone of one newcomer."""
    return f"Newcomer {number}", f"+4915220{number:06d}"


def refuses(number: int) -> bool:
    """Whether this newcomer wants no messages."""
    return number % EVERY_REFUSER == 0 and not unreached(number)


def unreached(number: int) -> bool:
    """Whether this newcomer's phone is off."""
    return number // ROWS % EVERY_UNREACHED == 1


@dataclass(frozen=True)
class Project:
    """One project on disk: its gateway listens at ``port``, its providers at ``provider_port``, both of 127.0.0.1."""

    folder: Path
    database: str
    port: int
    provider_port: int

    @cached_property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @cached_property
    def provider_url(self) -> str:
        return f"http://127.0.0.1:{self.provider_port}"

    @property
    def rules(self) -> Path:
        return self.folder / "rules" / "chaos.yaml"

    @property
    def journal(self) -> Path:
        """What the providers took and delivered."""
        return self.folder / "sandbox.jsonl"

    def environment(self) -> dict[str, str]:
        """What the gateway is told: production settings, but that its providers are ours."""
        twilio, slack = SANDBOX_DEFAULTS["twilio"], SANDBOX_DEFAULTS["slack"]
        return {
            "POINTSMAN_DATABASE": self.database,
            "POINTSMAN_API_TOKEN": SANDBOX_API_TOKEN,
            "POINTSMAN_CHANNELS__SMS__AUTH_TOKEN": twilio["auth_token"],
            "POINTSMAN_CHANNELS__SMS__API_URL": f"{self.provider_url}/sandbox/twilio/sms",
            "POINTSMAN_CHANNELS__SLACK__SIGNING_SECRET": slack["signing_secret"],
            "POINTSMAN_CHANNELS__SLACK__BOT_TOKEN": slack["bot_token"],
            "POINTSMAN_CHANNELS__SLACK__API_URL": f"{self.provider_url}/sandbox/slack/slack/api/",
        }

    def write(self) -> None:
        """Make the project's files."""
        self.rules.parent.mkdir(parents=True)
        self.rules.write_text(RULES)
        (self.folder / "pointsman.toml").write_text(f'public_url = "{self.url}"\nport = {self.port}\n{SETTINGS}')
        (self.folder / "sandbox.toml").write_text(script())


def script() -> str:
    """The sandbox's people: newcomers answer what they are asked, and some refuse or are out of reach."""
    users = [f'[[people]]\nname = "{user}"\nslack = "{user}"\n' for user in USERS]
    endings = [_ending(newcomer(number)[1]) for number in range(NEWCOMERS) if unreached(number)]
    newcomers = [_person(number) for number in range(NEWCOMERS)]
    return "\n".join(('rooms = ["general", "billing"]', *users, *endings, *newcomers))


def _ending(phone: str) -> str:
    return f'[[endings]]\nnumber = "{phone}"\nstatus = "undelivered"\ncode = 30003\n'


def _person(number: int) -> str:
    name, phone = newcomer(number)
    say = "STOP" if refuses(number) else "YES"
    answer = f'{{ when = "Can you hear us", say = "{say}", after_seconds = 0.3, times = 1 }}'
    return f'[[people]]\nname = "{name}"\nphone = "{phone}"\nanswers = [{answer}]\n'
