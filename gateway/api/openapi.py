"""The description of the API: OpenAPI 3.1, made from the endpoints and their models."""

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from gateway.api.answer_headers import HEADERS, headers_of
from gateway.api.endpoints import JSON, AnyEndpoint
from gateway.api.problems import CONTENT_TYPE, ProblemDetails
from gateway.api.repeating import HEADER, KEY

OPENAPI = "3.1.1"
BASE = "/api/v1"
REF = "#/components/schemas/{model}"
COMMON_PROBLEMS: Mapping[int, str] = {
    400: "The request is malformed",
    401: "The token is missing, wrong, expired or revoked",
    403: "The token's scope does not include this",
    422: "A parameter or a field can't be used; `errors` names each",
    429: "Too many requests, or too many refused ones; `Retry-After` says when to come again",
    503: "The database can't be used, or too much is asked at once; `detail` says what to do",
}
BODY_PROBLEMS: Mapping[int, str] = {
    408: "The body stood still for too long",
    413: "The body is too large",
    415: "The body is of another type, or compressed",
}
REPEAT_PROBLEMS: Mapping[int, str] = {
    409: f"The {HEADER} is of another request, or of one that is still being worked on"
}
MATCH_PROBLEMS: Mapping[int, str] = {412: "It has changed since it was read, or is changing"}
STATELESS_PROBLEMS: Mapping[int, str] = {412: "It was sent with `If-Match`, and there is no state that it is about"}
UNKNOWN: Mapping[int, str] = {404: "There is no such thing"}
ABOUT = """What systems around Pointsman need: people in, results out, and the state of everything.

Every request brings a token: `Authorization: Bearer TOKEN`. Errors are `application/problem+json` (RFC 9457). Times are
UTC, RFC 3339. Lists come in pages: `after` is the `next` of the page before, which is null at the end. A change
that brings an `Idempotency-Key` may be sent again and is made once; one that brings `If-Match` is made only to that
state; each where it is named here. What can be got answers `HEAD`, too."""

Models = Mapping[Any, Any]
"""The schema of each model, by model and mode."""


def description(endpoints: Sequence[AnyEndpoint]) -> dict[str, Any]:
    """The whole document, ready to be written as JSON."""
    schemas, definitions = models_json_schema(list(_models(endpoints)), ref_template=REF)
    return {
        "openapi": OPENAPI,
        "info": {"title": "Pointsman", "version": version("pointsman"), "description": ABOUT},
        "servers": [{"url": BASE}],
        "security": [{"token": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(one.tag for one in endpoints)],
        "paths": _paths(endpoints, schemas),
        "components": {
            "schemas": definitions.get("$defs", {}),
            "headers": dict(HEADERS),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _models(endpoints: Iterable[AnyEndpoint]) -> Iterable[tuple[type[BaseModel], JsonSchemaMode]]:
    found: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(ProblemDetails, "serialization"): None}
    for one in endpoints:
        found |= dict.fromkeys((model, "serialization") for model in one.answers.values() if model is not None)
        if one.takes is not None:
            found[one.takes, "validation"] = None
    return found


def _paths(endpoints: Iterable[AnyEndpoint], schemas: Models) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for one in endpoints:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, schemas)
    return paths


def _operation(endpoint: AnyEndpoint, schemas: Models) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "tags": [endpoint.tag],
        "summary": endpoint.summary,
        "description": "\n\n".join(_told(endpoint)),
        "parameters": [*_in_path(endpoint), *_in_query(endpoint), *_in_headers(endpoint)],
        "responses": _answers(endpoint, schemas),
    }
    if endpoint.takes is not None:
        content = {endpoint.media: {"schema": schemas[endpoint.takes, "validation"]}}
        operation["requestBody"] = {"required": True, "content": content}
    elif endpoint.media != JSON:
        content = {media: {} for media in (endpoint.media, *endpoint.also_taken)}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _told(endpoint: AnyEndpoint) -> Iterable[str]:
    """`If-Match` is told in words, as `If-None-Match` is: a parameter would say that any text will do."""
    yield endpoint.description
    if endpoint.matches:
        yield "Obeys `If-Match` with the `ETag` of the state that is meant: 412 where it has changed."
    yield f"Scope: `{endpoint.scope}`."


def _in_path(endpoint: AnyEndpoint) -> Iterable[dict[str, Any]]:
    for name in endpoint.parameters:
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _in_query(endpoint: AnyEndpoint) -> Iterable[dict[str, Any]]:
    schema = endpoint.query.model_json_schema()
    for name, property in schema.get("properties", {}).items():
        known = {"name": name, "in": "query", "required": name in schema.get("required", ())}
        told = {"description": property.pop("description")} if "description" in property else {}
        yield {**known, **told, "schema": property}


def _in_headers(endpoint: AnyEndpoint) -> Iterable[dict[str, Any]]:
    if endpoint.repeats:
        key = {"type": "string", "pattern": f"^{KEY.pattern}$"}
        yield {"name": HEADER, "in": "header", "description": "makes the change once", "schema": key}


def _answers(endpoint: AnyEndpoint, schemas: Models) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for status, model in endpoint.answers.items():
        inside = {"schema": schemas[model, "serialization"]} if model is not None else {}
        content = dict.fromkeys((endpoint.answer_media, *endpoint.other_media), inside)
        bare = model is None and endpoint.answer_media == JSON
        answers[str(status)] = {"description": "Done"} | ({} if bare else {"content": content})
    if _may_be_known(endpoint):
        answers["304"] = {"description": "Nothing has changed since the answer with this `If-None-Match`"}
    problem = {CONTENT_TYPE: {"schema": schemas[ProblemDetails, "serialization"]}}
    told = {str(status): {"description": why, "content": problem} for status, why in _problems(endpoint).items()}
    return {status: {**one, "headers": headers_of(endpoint, int(status))} for status, one in (answers | told).items()}


def _may_be_known(endpoint: AnyEndpoint) -> bool:
    return not endpoint.changes and endpoint.tagged


def _problems(endpoint: AnyEndpoint) -> dict[int, str]:
    """Every status that it may refuse with, and why."""
    problems = {**COMMON_PROBLEMS, **(UNKNOWN if endpoint.parameters else {})}
    if endpoint.takes is not None or endpoint.media != JSON:
        problems |= BODY_PROBLEMS
    if endpoint.repeats:
        problems |= REPEAT_PROBLEMS
    if endpoint.changes:
        problems |= MATCH_PROBLEMS if endpoint.matches else STATELESS_PROBLEMS
    return dict(sorted({**problems, **endpoint.problems}.items()))
