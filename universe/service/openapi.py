"""The OpenAPI document: what FastAPI says of the paths, and the problems that each may answer with."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from universe.service.guard import PROBLEM
from universe.service.wire import Problem

EVERYWHERE = {
    400: "The request is not as it should be.",
    401: "The service's token is missing or wrong.",
    403: "Pages of other sites may not ask.",
    404: "There is no such thing, or no right to it.",
    405: "The path does not take this method.",
    408: "The body took too long.",
    413: "The body is too large.",
    415: "The body must be JSON.",
    421: "The service does not answer for this host.",
    422: "A value is not allowed, or the answer does not count.",
    429: "There is too much of it now.",
    431: "The headers are too large.",
    500: "The service failed.",
    503: "The service is about to stop.",
}
"""What any operation may answer with, by status."""
CONFLICTS = {
    "make_table": "The environment failed.",
    "read_position": "Others have a seat at the table, or the environment failed.",
    "play_turn": "It is another turn, or the environment failed.",
    "end_table": "The table has ended otherwise, or the environment failed.",
    "claim_seat": "The seat is not open.",
    "await_turn": "The environment failed.",
    "answer_turn": "The seat does not act in this turn, or the environment failed.",
    "read_words": "The seat does not act in this turn.",
    "read_observation": "The seat does not act in this turn.",
}
"""What a 409 means, by operation."""


def describe_api(api: FastAPI, *, with_token: bool) -> None:
    """Makes the app's OpenAPI document tell of problems and tokens."""
    made: dict[str, Any] = {}

    def describe() -> dict[str, Any]:
        if not made:
            made.update(_make(api, with_token=with_token))
        return made

    api.openapi = describe


def _make(api: FastAPI, *, with_token: bool) -> dict[str, Any]:
    document = get_openapi(title=api.title, version=api.version, summary=api.summary, routes=api.routes)
    components = document["components"]
    schemas = components["schemas"]
    schemas["Problem"] = Problem.model_json_schema()
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    components["responses"] = {f"Problem{status}": _show(meaning) for status, meaning in EVERYWHERE.items()}
    if with_token:
        components.setdefault("securitySchemes", {})["ServiceToken"] = {"type": "http", "scheme": "bearer"}
    for path in document["paths"].values():
        for operation in path.values():
            _complete(operation, with_token=with_token)
    return document


def _complete(operation: dict[str, Any], *, with_token: bool) -> None:
    responses = operation["responses"]
    for status in EVERYWHERE:
        responses[str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
    if operation["operationId"] in CONFLICTS:
        responses["409"] = _show(CONFLICTS[operation["operationId"]])
    if with_token and operation["operationId"] != "check_health":
        needed: list[dict[str, list[str]]] = operation.get("security") or [{}]
        operation["security"] = [{**rights, "ServiceToken": []} for rights in needed]


def _show(meaning: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": meaning, "content": {PROBLEM: {"schema": schema}}}
