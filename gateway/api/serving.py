"""From an `Endpoint` to a handler of aiohttp: who asks, what is given, what is answered."""

import json
from collections.abc import Sequence
from typing import Any

from aiohttp import ETag, hdrs, web
from aiohttp.typedefs import Handler
from multidict import MultiMapping
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError

from gateway.api.access import Bearer
from gateway.api.admitting import BEARER
from gateway.api.answers import Answer
from gateway.api.asked import Asked
from gateway.api.bodies import parse_json, read_bytes
from gateway.api.desk import DESK
from gateway.api.endpoints import AnyEndpoint
from gateway.api.problems import Problem
from gateway.api.repeating import HEADER, REPEAT, once
from gateway.api.request_ids import REQUEST_ID
from gateway.api.sending import send_json, state_of, tag_of
from gateway.hints import did_you_mean

MAX_TOLD = 100  # mistakes of one body or query that are told
MAX_PLACE = 200  # characters of where one is
HALF = "holds half of a character (a surrogate, such as \\ud800, without the other one): that is no text"


def serve(endpoint: AnyEndpoint) -> Handler:
    """A handler that asks the endpoint's."""

    async def handle(request: web.Request) -> web.StreamResponse:
        bearer = request[BEARER]
        if not bearer.scope.includes(endpoint.scope):
            raise _forbidden(bearer, endpoint)
        if endpoint.changes and not endpoint.matches and hdrs.IF_MATCH in request.headers:
            raise _stateless()
        raw = await read_bytes(request) if endpoint.takes_json else b""

        async def work() -> web.StreamResponse:
            answer = await endpoint.handler(_asked(endpoint, request, bearer, raw))
            return answer.written or respond(request, answer)

        if endpoint.repeats and HEADER in request.headers:
            return await once(request.config_dict[DESK], bearer, request, raw, work)
        return await work()

    return handle


def _asked(endpoint: AnyEndpoint, request: web.Request, bearer: Bearer, raw: bytes) -> Asked[Any, Any]:
    query = read_query(endpoint.query, request.query)
    body = read_body(endpoint.body, raw) if endpoint.body is not None else None
    return Asked(
        desk=request.config_dict[DESK],
        path=dict(request.match_info),
        query=query,
        body=body,
        who=bearer.name,
        id=request[REQUEST_ID],
        raw=raw,
        http=request,
        repeat=request.get(REPEAT, ""),
    )


def read_query(model: type[BaseModel], given: MultiMapping[str]) -> BaseModel:
    """The query as the model has it. Raises 422 with a reason for each parameter."""
    twice = sorted({name for name in given if len(given.getall(name)) > 1})
    if twice:
        raise _refused("query", [{"field": name, "reason": "is given twice"} for name in twice])
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        raise _refused("query", told(model, error)) from None


def read_body(model: type[BaseModel], raw: bytes) -> BaseModel:
    """The JSON body as the model has it. Raises 400 for what is no JSON, 422 with a reason for each field."""
    parse_json(raw)
    try:
        return model.model_validate_json(raw, strict=True)
    except ValidationError as error:
        raise _refused("body", told(model, error)) from None


def told(model: type[BaseModel], error: ValidationError) -> list[dict[str, str]]:
    """A field and a reason for each mistake; what was given is not repeated."""
    mistakes = error.errors(include_url=False, include_input=False, include_context=False)[:MAX_TOLD]
    return [{"field": ".".join(map(str, one["loc"]))[:MAX_PLACE], "reason": _reason(model, one)} for one in mistakes]


def _reason(model: type[BaseModel], mistake: Any) -> str:
    if mistake["type"] == "extra_forbidden":
        known = (field.alias or name for name, field in model.model_fields.items())
        return f"is not known here{did_you_mean(str(mistake['loc'][-1]), known)}"
    if mistake["type"] == "json_invalid" and "escape" in mistake["msg"]:
        return HALF
    return str(mistake["msg"])


def _refused(where: str, errors: Sequence[dict[str, str]]) -> Problem:
    return Problem(422, where, f"The {where} can't be used", errors=errors)


def _forbidden(bearer: Bearer, endpoint: AnyEndpoint) -> Problem:
    detail = f'the token "{bearer.name}" has the scope {bearer.scope}; this needs {endpoint.scope}'
    challenge = f'Bearer realm="pointsman", error="insufficient_scope", scope="{endpoint.scope}"'
    return Problem(403, "scope", "The token may not do this", detail, headers={"WWW-Authenticate": challenge})


def respond(request: web.Request, answer: Answer) -> web.Response:
    """The answer as HTTP."""
    if answer.body is None:
        return web.Response(status=answer.status, headers=answer.headers)
    return send_json(request, as_bytes(answer.body), answer.status, answer.headers)


def as_bytes(body: BaseModel) -> bytes:
    """The JSON of an answer; what was not set is left out. Half a surrogate pair, which outsiders can send and UTF-8
    does not have, is told as JSON escapes it."""
    try:
        return body.model_dump_json(by_alias=True, exclude_unset=True).encode()
    except PydanticSerializationError:
        told = body.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def require_match(asked: Asked[Any, Any], current: BaseModel) -> None:
    """Raises 412 where the request says, by If-Match, that it is about another state than the ``current`` one. A weak
    tag is none of ours, and never the same (RFC 9110, 13.1.1)."""
    tags, tag = asked.http.if_match, tag_of(as_bytes(current))
    if tags is None or any(one.value == "*" or _is_of(one, tag) for one in tags):
        return
    detail = "get it again, look at what has changed, and send the change with the new ETag"
    raise Problem(412, "changed", "It has changed since you read it", detail, headers={"ETag": tag})


def _is_of(one: ETag, tag: str) -> bool:
    return not one.is_weak and state_of(one.value) == state_of(tag)


def _stateless() -> Problem:
    """RFC 9110, 13.1.1: where nothing is there, nothing matches. So whoever counts on it finds out."""
    detail = "what this request changes has no ETag; send it without If-Match"
    return Problem(412, "no-state", "There is no state that If-Match could be about", detail)
