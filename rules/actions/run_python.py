"""`do: run_python`: let a function of the operator's `actions/` folder decide."""

from dataclasses import dataclass
from typing import Literal

from rules.actions.asking import Asking, AskingSpec
from rules.calling import PYTHON
from rules.loading.site import Site


@dataclass(frozen=True, kw_only=True)
class RunPython(Asking):
    """``target`` is the function, as `module.name`."""

    @property
    def kind(self) -> str:
        return PYTHON


class RunPythonSpec(AskingSpec):
    """The node as written."""

    do: Literal["run_python"]
    function: str

    def build(self, site: Site) -> RunPython:
        return RunPython(**self.parts(site), target=site.function(self.function, "function"))
