"""How the body of an answer goes out: plain or compressed, each under a tag of its own."""

import asyncio
import gzip
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from hashlib import sha256

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

GZIP = web.ContentCoding.gzip
COMPRESSED_FROM = 1_000  # bytes of an answer's body; below that gzip saves nothing
VARY: Mapping[str, str] = {hdrs.VARY: hdrs.ACCEPT_ENCODING}
READING = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})
QUALITY = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")  # RFC 9110, 12.4.2
PACKED = "-gzip"  # ends the tag of a body that is sent compressed


def send_json(request: web.Request, body: bytes, status: int, headers: Mapping[str, str]) -> web.Response:
    """JSON under its entity tag, compressed where that is wanted and pays; 304 where a reader has it already."""
    packs = len(body) >= COMPRESSED_FROM and accepts_gzip(request)
    tag = tag_of(body, packed=packs)
    if request.method in READING and _has(request, tag):
        return web.Response(status=304, headers={**VARY, hdrs.ETAG: tag})
    told = {**headers, hdrs.ETAG: tag, **VARY}
    response = web.Response(body=body, status=status, headers=told, content_type="application/json")
    response.charset = "utf-8"
    if packs:
        response.enable_compression(GZIP)
    return response


def always(make: Callable[[], bytes], media: str, headers: Mapping[str, str] | None = None) -> Handler:
    """A handler that answers this text; whoever asks, it is made and compressed once, for the first, in a thread."""
    coding = {**VARY, hdrs.CONTENT_ENCODING: str(GZIP.value)}
    body = cache(make)

    @cache
    def packed() -> bytes:
        return gzip.compress(body())

    async def handle(request: web.Request) -> web.Response:
        packs = accepts_gzip(request)
        told = {**(headers or {}), **(coding if packs else VARY)}
        text = await asyncio.to_thread(packed if packs else body)
        return web.Response(body=text, headers=told, content_type=media, charset="utf-8")

    return handle


def tag_of(body: bytes, *, packed: bool = False) -> str:
    """The entity tag of a body: it changes whenever the body does, and is another one where the same body is sent
    compressed (RFC 9110, 8.8.3.3)."""
    return f'"{sha256(body).hexdigest()[:32]}{PACKED if packed else ""}"'


def state_of(tag: str) -> str:
    """What the tag says of the body, however it was sent; without quotes."""
    return tag.strip('"').removesuffix(PACKED)


def _has(request: web.Request, tag: str) -> bool:
    return any(one.value in ("*", tag.strip('"')) for one in request.if_none_match or ())


def accepts_gzip(request: web.BaseRequest) -> bool:
    """Whether gzip is among what it accepts, and no less welcome than no compression (RFC 9110, 12.5.3)."""
    wanted = dict(_wanted(request))
    quality = wanted.get("gzip", wanted.get("*", 0.0))
    return quality > 0 and quality >= wanted.get("identity", 0.0)


def _wanted(request: web.BaseRequest) -> Iterator[tuple[str, float]]:
    for header in request.headers.getall(hdrs.ACCEPT_ENCODING, []):
        for part in header.lower().split(","):
            coding, _, weight = part.partition(";")
            yield coding.strip(), _quality(weight.strip())


def _quality(weight: str) -> float:
    """1 unless told; 0 for what can't be understood."""
    name, _, value = (weight or "q=1").partition("=")
    return float(value) if name.strip() == "q" and QUALITY.fullmatch(value.strip()) else 0.0
