"""Small campaigns for tests of the running gateway."""

ECHO = """
campaign: echo
flows:
  talk:
    wrote: {when: incoming_session, next: answer}
    answer: {do: reply, text: "You wrote {{ message.text }}"}
"""

HELLO = """
campaign: hello
fields:
  name: {type: string, level: customer}
agents:
  host: {kind: notice, text: "Hello {{ name }}"}
flows:
  greet:
    joined: {when: participant_created, next: say}
    say: {do: communicate, channel: sms, agent: host}
"""

ASK = """
campaign: ask
fields:
  name: {type: string, level: customer}
  begin: {type: datetime}
agents:
  clerk:
    kind: form
    opening: "Hello {{ name }}."
    questions: [{result: comes, ask: "Will you come? YES or NO", type: boolean}]
    closing: "Noted."
    reply_within: 24h
flows:
  invite:
    joined: {when: participant_created, next: ask}
    ask: {do: communicate, channel: sms, agent: clerk, at: begin}
"""

ASK_NOW = ASK.replace(", at: begin", "")
ADA, BEN = "+4915112345601", "+4915112345602"
