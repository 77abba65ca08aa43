"""The actions there are. To add one: its file, with the node, its `visit` and its spec, and one entry here."""

from rules.actions.call_webhook import CallWebhookSpec
from rules.actions.cancel_communications import CancelCommunicationsSpec
from rules.actions.communicate import CommunicateSpec
from rules.actions.finish import FinishSpec
from rules.actions.notify import NotifySpec
from rules.actions.reply import ReplySpec
from rules.actions.run_python import RunPythonSpec
from rules.actions.stop_contact import StopContactSpec
from rules.actions.to_another_flow import ToAnotherFlowSpec
from rules.actions.update_field import UpdateFieldSpec
from rules.actions.wait import WaitSpec
from rules.loading.shape import NodeSpec

ACTIONS: tuple[type[NodeSpec], ...] = (
    CommunicateSpec,
    CancelCommunicationsSpec,
    UpdateFieldSpec,
    ToAnotherFlowSpec,
    WaitSpec,
    ReplySpec,
    NotifySpec,
    CallWebhookSpec,
    RunPythonSpec,
    StopContactSpec,
    FinishSpec,
)
