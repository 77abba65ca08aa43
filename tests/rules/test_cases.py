"""What one event leads to goes as the case files say."""

import pytest

from tests.rules.case_files import Case, decided, expected, read_cases


@pytest.mark.parametrize("case", read_cases(), ids=str)
def test_a_case_goes_as_its_file_says(case: Case) -> None:
    assert decided(case) == expected(case)
