"""What goes wrong with a provider is an exception like any other, and says what it is."""

import pytest

from channels.errors import ChannelDown, ChannelError, SendRefused, SendThrottled, SendUnknown


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (SendRefused("21211", "not a phone number"), "21211 not a phone number"),
        (SendThrottled(7.5, "429"), "429 not now, again after 7.5 s"),
        (SendThrottled(5.0), "not now, again after 5 s"),
        (SendUnknown("HTTP 500"), "HTTP 500"),
        (ChannelDown("20003", "wrong credentials"), "20003 wrong credentials"),
    ],
)
def test_a_failure_says_what_it_is_and_can_be_kept_in_a_set(error: ChannelError, said: str) -> None:
    assert str(error) == said
    assert {error} == {error}
