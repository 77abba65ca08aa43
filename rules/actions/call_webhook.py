"""`do: call_webhook`: ask a service of the settings, and go on by what it answers."""

from dataclasses import dataclass
from typing import Literal

from rules.actions.asking import Asking, AskingSpec
from rules.calling import WEBHOOK
from rules.loading.site import Site


@dataclass(frozen=True, kw_only=True)
class CallWebhook(Asking):
    """``target`` is the service."""

    @property
    def kind(self) -> str:
        return WEBHOOK


class CallWebhookSpec(AskingSpec):
    """The node as written."""

    do: Literal["call_webhook"]
    service: str

    def build(self, site: Site) -> CallWebhook:
        return CallWebhook(**self.parts(site), target=site.service(self.service, "service"))
