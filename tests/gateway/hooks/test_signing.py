"""The signature is the one of the Standard Webhooks specification, and one can be changed while both are known."""

from base64 import b64encode
from datetime import UTC, datetime

import pytest

from gateway.hooks.signing import secret_bytes, signed_headers

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, AT = "msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.fromtimestamp(1_614_265_330, UTC)
BODY, SIGNED = b'{"test": 2432232314}', "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def whsec(number: int) -> str:
    return f"whsec_{b64encode(bytes(number)).decode()}"


def test_a_known_message_has_its_known_signature() -> None:
    assert signed_headers([SECRET], ID, BODY, AT) == {
        "webhook-id": ID,
        "webhook-timestamp": "1614265330",
        "webhook-signature": SIGNED,
    }


def test_with_two_secrets_there_are_two_signatures() -> None:
    first, second = signed_headers([whsec(32), SECRET], ID, BODY, AT)["webhook-signature"].split(" ")

    assert first != second == SIGNED


@pytest.mark.parametrize(("number", "fits"), [(23, False), (24, True), (64, True), (65, False)])
def test_a_secret_has_as_many_bytes_as_the_specification_allows(number: int, fits: bool) -> None:
    if fits:
        assert secret_bytes(whsec(number)) == bytes(number)
    else:
        with pytest.raises(ValueError, match="24 to 64 bytes"):
            secret_bytes(whsec(number))


@pytest.mark.parametrize(
    "secret", ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_äöü", "whsec_MfKQ*r8GKYqrTwjU"]
)
def test_what_is_no_secret_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(ValueError, match="must") as refused:
        secret_bytes(secret)

    assert (secret.removeprefix("whsec_") or secret + "!") not in str(refused.value)
