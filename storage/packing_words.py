"""What packed documents are made of: the words that `storage.packing` takes for known.

Whoever packs and whoever unpacks must know the same: a dictionary never changes, another one is added under a number of
its own. This one was put together from the decisions of the tests' journeys, the most frequent parts last, which are
the cheapest to name (https://www.rfc-editor.org/rfc/rfc1950, section 2.2).
"""

from collections.abc import Mapping

FIRST = """
","applied":"updated","note":"","facts":[{"fact":{"trigger":"participant_updated","source":"api","changed":["","appl
ied":"applied","note":"","facts":[{"fact":{"trigger":"participant_created","source":"api"},"activations":[{"trigger"
:":00+00:00","status":"started","opened":true,"talk":{"question":0,"tries":0},"expires":"20"}]}]},{"fact":{"trigger"
:"participant_updated","source":"flow","changed":[":00+00:00","status":"started","opened":true,"talk":{"question":0,
"tries":0},"begun_at":"20","applied":"applied","note":"","facts":[{"fact":{"trigger":"incoming_session","channel":"s
ms","keyword":":00+00:00","status":"planned","opened":false,"talk":{"question":0,"tries":0},"attempt":1,"retried":0}
},{"effect":"ChangeCommunication","communication":{"id":":00+00:00","status":"planned","opened":false,"talk":{"quest
ion":0,"tries":0},"expires":"20:00+00:00","status":"delivered","opened":true,"talk":{"question":0,"tries":0},"begun_
at":"20","applied":"applied","note":"","facts":[{"fact":{"trigger":"communication_ended","of":":00+00:00","status":"
planned","opened":true,"talk":{"question":0,"tries":0},"expires":"20","status":"replied","channel":"sms","communicat
ion":"","applied":"applied","note":"","facts":[],"effects":[{"effect":"ChangeCommunication","communication":{"id":":
00+00:00","status":"planned","opened":true,"talk":{"question":0,"tries":0},"begun_at":"20"},{"effect":"SetFields","c
ustomer":{"first_name":""}},{"fact":{"trigger":"communication_ended","of":"","status":"delivered"},{"effect":"Change
Communication","communication":{"id":":00+00:00","status":"replied","opened":true,"talk":{"question":1,"tries":0,"re
sults":{"","attempt":1},{"effect":"ClearTimer","subject":":00+00:00","status":"started","opened":true,"expires":"20:
00+00:00","attempt":1,"retried":0}}],"rules":"","applied":"created","note":"","facts":[{"fact":{"trigger":"participa
nt_created","source":"api"},"activations":[{"trigger":"","status":"queued"},{"effect":"ChangeCommunication","communi
cation":{"id":"","status":"started","channel":"sms","communication":""}},"scene":{"customer":{"id":"","name":"settle
"},{"effect":"ChangeCommunication","communication":{"id":":00+00:00","channel":"sms","address":"+","status":"sent"}]
,"active":true,"earlier":[":00+00:00","status":"started","opened":true,"begun_at":"20","name":"failed"},{"effect":"C
learTimer","subject":"","name":"reply"},{"effect":"ClearTimer","subject":"","status":"sent"}],"rules":"","fact":{"tr
igger":"participant_created","source":"api","changed":[]},"due":"20:00+00:00","participant":"","status":"sent"},{"id
":"","given":{"event":{"kind":"ParticipantGiven","id":":00+00:00","attempt":1,"retried":0}},{"effect":"SetTimer","su
bject":"","given":{"event":{"kind":"MessageReceived","id":"","status":"delivered"}],"active":true,"earlier":["","giv
en":{"event":{"kind":"TimerDue","id":"","status":"delivered"}],"rules":"","name":"reply","due":"20","status":"sent"}
,"scene":{"customer":{"id":"","applied":"stale","note":"","facts":[],"effects":[],"rules":":00+00:00","status":"comp
leted","opened":true,"talk":{"question":0,"tries":0,"results":{"","fact":{"trigger":"communication_ended","of":""}}]
,"effects":[{"effect":"ChangeMessage","message":":00+00:00"},"entered":true},"communications":[{"id":":00+00:00"}],"
active":true,"earlier":["":true}},"begun_at":"20:00+00:00","status":"completed","opened":true,"talk":{"question":1,"
tries":0,"results":{":00+00:00","attempt":1,"retried":0}},{"effect":"SendMessage","message":":00+00:00"}],"begun":{"
","applied":"applied","note":"","facts":[],"effects":[{"effect":"ChangeMessage","message":"","channel":"sms","to":"+
","status":"delivered"},"scene":{"customer":{"id":"","status":"completed","channel":"sms","communication":"","status
":"queued"},{"id":"","applied":"applied","note":"","facts":[{"fact":{"trigger":"communication_updated","of":":00+00:
00","message":":00+00:00"}],"rules":"","status":"queued"}],"active":true,"earlier":[""],"runs":[{"id":"","visits":[{
"node":"","status":"queued"},"scene":{"customer":{"id":"},"saw":{"","flow":"ask","node":""],"begun":{"","text":""},{
"node":":00+00:00"}}}}]:00+00:00","begun_at":"20:00+00:00"}],"messages":[{"id":""},"fields":{"first_name":"","given"
:{"event":{"kind":"ReceiptArrived","id":"","fields":{"","position":{"file":","column":","line":"}},"participant":{"i
d":"[{"campaign":"","identifiers":{"phone":"+","agent":"","rules":"","at":"20
"""

DICTIONARIES: Mapping[int, bytes] = {1: FIRST.replace("\n", "").encode("ascii")}
NEWEST = max(DICTIONARIES)
