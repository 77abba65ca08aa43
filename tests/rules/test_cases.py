"""Every action and agent does what its case file says."""

import pytest

from rules.actions import ACTIONS
from rules.agents import AGENTS
from rules.loading.shape import literal_of
from tests.rules.case_files import FOLDER, Case, decided, expected, read_cases


@pytest.mark.parametrize("case", read_cases(), ids=str)
def test_a_case_goes_as_its_file_says(case: Case) -> None:
    assert decided(case) == expected(case)


def test_every_action_and_every_agent_has_a_case_file() -> None:
    actions = {literal_of(spec, "do") for spec in ACTIONS}
    agents = {literal_of(spec, "kind") for spec in AGENTS}

    assert {path.stem for path in FOLDER.glob("*.yaml")} == actions | agents
