"""The project that has to endure: its rules greet whoever is new, talk, wait and tell, on three channels."""

from gateway.settings import SANDBOX_DEFAULTS
from tests.chaos.project import ACCOUNT, NUMBER, SETTINGS, Project

CAMPAIGNS = ("endurance", "desk")
OTHER_NUMBER = "+15550002222"
USERS = tuple(f"U{number:08d}" for number in range(1, 1_001))  # they write on Slack

OTHER_CHANNEL = f"""
[channels.other]
kind = "twilio"
account_sid = "{ACCOUNT}"
from = "{OTHER_NUMBER}"
messages_per_second = 500
"""
RULES = """
campaign: endurance
channels:
  sms: {enroll: true}
fields:
  told: {type: integer, default: 0}
  step: {type: integer, default: 0}
agents:
  greeter:
    kind: form
    opening: "Welcome."
    questions:
      - {result: ok, ask: "Can you hear us? Reply YES or NO.", type: boolean, retries: 1}
      - {result: score, ask: "How well, from 1 to 5?", type: integer}
    closing: "Thank you, {{ results.score }} it is."
    reply_within: 1m
flows:
  greet:
    joined: {when: participant_created, next: welcome}
    welcome: {do: communicate, channel: sms, agent: greeter}
    ended: {when: communication_ended, of: welcome, next: how}
    how:
      switch: communication.status
      cases: {completed: count, no_response: breathe}
      else:
    count: {do: update_field, set: {told: {expr: told + 1}}}
    breathe: {do: wait, until: now() + minutes(1), next: give_up}
    give_up: {do: notify, channel: slack, to: "#general", text: "Somebody does not answer."}
  steps:
    changed: {when: participant_updated, field: step, next: is_third}
    is_third: {if: step == 3, match: tell}
    tell: {do: notify, channel: slack, to: "#billing", text: "Step {{ step }}."}
  talk:
    wrote: {when: incoming_session, next: which}
    which:
      switch: message.keyword
      cases: {LATER: pause}
      else: echo
    echo: {do: reply, text: "Heard {{ message.text }}."}
    pause: {do: wait, until: now() + minutes(1) / 20, next: later}
    later: {do: notify, channel: slack, to: "#general", text: "Later {{ message.text }}."}
"""
DESK = """
campaign: desk
channels:
  slack: {enroll: true}
agents:
  asker:
    kind: form
    questions: [{result: urgent, ask: "Is it urgent?", type: boolean}]
    closing: "We know."
    reply_within: 5m
flows:
  hear:
    wrote: {when: incoming_session, next: which}
    which:
      switch: message.keyword
      cases: {HELP: ask}
      else: echo
    echo: {do: reply, text: "Heard {{ message.text }}."}
    ask: {do: communicate, channel: slack, agent: asker}
"""


class LastingProject(Project):
    """A project on disk, with a second number beside the first."""

    def environment(self) -> dict[str, str]:
        return {
            **super().environment(),
            "POINTSMAN_CHANNELS__OTHER__AUTH_TOKEN": str(SANDBOX_DEFAULTS["twilio"]["auth_token"]),
            "POINTSMAN_CHANNELS__OTHER__API_URL": f"{self.provider_url}/sandbox/twilio/other",
        }

    def write(self) -> None:
        """Make the project's files."""
        (self.folder / "rules").mkdir(parents=True)
        (self.folder / "rules" / "desk.yaml").write_text(DESK)
        self.edit(0)
        told = f'public_url = "{self.url}"\nport = {self.port}\n{SETTINGS}{OTHER_CHANNEL}'
        (self.folder / "pointsman.toml").write_text(told)
        users = [f'[[people]]\nname = "{user}"\nslack = "{user}"\n' for user in USERS]
        (self.folder / "sandbox.toml").write_text("\n".join(('rooms = ["general", "billing"]', *users)))

    def edit(self, number: int) -> None:
        """The operator saves the rule file anew: another version of it comes into force."""
        (self.folder / "rules" / "endurance.yaml").write_text(f"{RULES}# {number}\n")


NUMBERS = {"sms": NUMBER, "other": OTHER_NUMBER}
