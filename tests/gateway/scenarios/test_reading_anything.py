"""Whatever stands in a scenario file, it is read or its mistakes are told."""

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.scenarios.forms import FORMS
from gateway.scenarios.reading import KEYS, read_scenario
from gateway.scenarios.values import Surroundings
from tests.gateway.scenarios.files import VISIT

WORDS = ("Ada", "visit", "phone", "when", "answer", "status", "2027-03-01 09:00", "+4915112345601", "1.yaml", VISIT, "")
STEPS = [form.text.replace("PERSON", "Ada").replace("WHO", "Ada").replace("CAMPAIGN", "visit") for form in FORMS]
TEXTS = st.sampled_from((*WORDS, *STEPS)) | st.text(max_size=5)
PLAIN = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | TEXTS
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3))
STORIES = st.lists(st.sampled_from(STEPS) | st.dictionaries(st.sampled_from(STEPS), VALUES, min_size=1, max_size=1))
LIKELY = {"rules": VISIT, "people": {"Ada": "+4915112345601"}}


@given(st.dictionaries(st.sampled_from(KEYS), VALUES), STORIES)
def test_any_file_is_read_or_its_mistakes_are_told(data: dict[str, Any], story: list[Any]) -> None:
    text = json.dumps({**LIKELY, "story": story, **data}).encode()

    read = read_scenario("any.yaml", text, Surroundings())

    errors = [found for found in read.found if found.level == "error"]
    assert (read.scenario is None) == bool(errors)
    assert all(Path(found.position.file).suffix == ".yaml" and str(found) for found in read.found)
