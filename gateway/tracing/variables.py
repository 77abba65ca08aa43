"""What is wrong with OpenTelemetry's environment variables, told without a word of what they hold: headers and
addresses are where collectors want their keys.

The SDK takes a default, or leaves a part out, for most of what it can't read, and quotes it in its log.
https://opentelemetry.io/docs/specs/otel/protocol/exporter/
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from math import isfinite
from urllib.parse import unquote, urlsplit

HEADERS = ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS")
ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
TIMEOUTS = ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT")
COMPRESSIONS = ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION")
BY_RATIO = ("traceidratio", "parentbased_traceidratio")
SAMPLERS = ("always_on", "always_off", "parentbased_always_on", "parentbased_always_off", *BY_RATIO)
SHORTEST = 4  # characters of a header that are hidden wherever they stand: fewer are in many words

_HEADER = re.compile(r"[!#-'*+.0-9A-Z^-z|~-]+[ \t]*=[^\",;\\]*", re.ASCII)  # RFC 9110, 5.1; W3C Baggage, 3.2.1
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def malformed(environment: Mapping[str, str]) -> str:
    """Which variable can't be read, and how it should be, "" where all can."""
    for names, wrong in CHECKS:
        name = next((name for name in names if environment.get(name, "").strip()), "")
        if name and (reason := wrong(environment[name].strip())):
            return f"{name} {reason} (what it holds is not shown)"
    by_ratio = environment.get("OTEL_TRACES_SAMPLER", "").strip().lower() in BY_RATIO
    if by_ratio and not _is_number(environment.get("OTEL_TRACES_SAMPLER_ARG", "1"), 1.0):
        return "OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1 (what it holds is not shown)"
    return ""


def secrets(environment: Mapping[str, str]) -> Iterator[str]:
    """What of the variables lets whoever knows it write to the collector, as it stands there and as it is sent."""
    for name in HEADERS:
        for part in environment.get(name, "").split(","):
            value = part.partition("=")[2].strip()
            yield from (one for one in (part.strip(), value, unquote(value)) if len(one) >= SHORTEST)
    for name in ENDPOINTS:
        with suppress(ValueError):
            url = urlsplit(environment.get(name, ""))
            yield from (one for one in (url.password or "", url.query) if len(one) >= SHORTEST)


def _headers(held: str) -> str:
    for number, part in enumerate(held.split(","), 1):
        given = unquote(part.strip())
        if part.strip() and (not _HEADER.fullmatch(part.strip()) or _CONTROL.search(given) or not _is_latin(given)):
            return f"must be name=value,name=value with values URL-encoded: part {number} is not"
    return ""


def _is_latin(text: str) -> bool:
    return all(ord(character) < 256 for character in text)


def _attributes(held: str) -> str:
    for number, part in enumerate(held.split(","), 1):
        if part.strip() and "=" not in part:
            return f"must be name=value,name=value: part {number} is not"
    return ""


def _address(held: str) -> str:
    try:
        url = urlsplit(held)
        sound = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        sound = False
    return "" if sound else "must be a web address such as http://127.0.0.1:4318"


def _timeout(held: str) -> str:
    return "" if _is_number(held) else "must be a number of seconds"


def _is_number(held: str, most: float = float("inf")) -> bool:
    try:
        return isfinite(float(held)) and 0 <= float(held) <= most
    except ValueError:
        return False


def _one_of(*words: str) -> Callable[[str], str]:
    return lambda held: "" if held.lower() in words else f"must be one of {', '.join(words)}"


CHECKS: tuple[tuple[tuple[str, ...], Callable[[str], str]], ...] = (
    (ENDPOINTS, _address),
    (HEADERS, _headers),
    (TIMEOUTS, _timeout),
    (COMPRESSIONS, _one_of("none", "gzip", "deflate")),
    (("OTEL_TRACES_SAMPLER",), _one_of(*SAMPLERS)),
    (("OTEL_RESOURCE_ATTRIBUTES",), _attributes),
)
