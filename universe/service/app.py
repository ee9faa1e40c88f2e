"""The service as an ASGI app: the paths of the API, and the guard in front of them."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from universe.service.guard import PROBLEM, REQUEST_ID, App, Guard, Receive, Scope, Send, list_headers, show_problem
from universe.service.hall import Hall
from universe.service.metrics import Metrics
from universe.service.openapi import describe_api
from universe.service.problems import Refusal, failed
from universe.service.routes import catalogue, house, seats, tables
from universe.service.settings import ServiceSettings

CODES = {404: "not_found", 405: "bad_method", 413: "too_large", 415: "media_type"}
"""Of what the framework refuses; anything else is a `bad_request`."""
DETAILS = {404: "There is no such path.", 405: "The path does not take this method."}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mounted:
    """Another app behind the same guard."""

    prefix: str
    """Where it hangs, as `/mcp`; what follows is the path that it sees, `/` at least."""
    app: App
    life: Callable[[], AbstractAsyncContextManager[object]] | None = None
    """Entered while the service runs."""


def make_app(hall: Hall, *, settings: ServiceSettings | None = None, mounts: Sequence[Mounted] = ()) -> Guard:
    """Returns the service as an ASGI app.

    Its lifespan opens the hall and drains it; where none is run, as in tests, the hall must be open.

    Args:
        hall: What is served.
        settings: Who may come in, and how much of everything; with the same limits as the hall.
        mounts: Other apps behind the same guard.
    """
    settings = settings or ServiceSettings(limits=hall.limits)
    if settings.limits != hall.limits:
        raise ValueError("The hall and the settings have different limits: give both the same.")
    metrics = Metrics(hall)

    @asynccontextmanager
    async def live(_: FastAPI) -> AsyncGenerator[None]:
        async with AsyncExitStack() as stack:
            await hall.open()
            stack.push_async_callback(hall.drain, settings.drain_seconds)
            for mount in mounts:
                if mount.life is not None:
                    await stack.enter_async_context(mount.life())
            yield

    api = FastAPI(
        title="LangGym",
        summary="PettingZoo games in text, over HTTP.",
        version=house.find_version(),
        lifespan=live,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=False,
    )
    for routes in (
        seats.make_routes(hall),
        tables.make_routes(hall),
        catalogue.make_routes(hall),
        house.make_routes(hall, settings, metrics),
    ):
        api.include_router(routes)
    _tell_problems(api)
    describe_api(api, with_token=settings.token is not None)
    return Guard(_Switch(api, mounts) if mounts else api, settings, metrics)


def _tell_problems(api: FastAPI) -> None:
    """Makes a problem of everything that is refused."""

    async def tell_refusal(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refusal)
        return answer_refusal(request, error)

    async def tell_framework(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        detail = DETAILS.get(error.status_code, "The request could not be read.")
        refusal = Refusal(error.status_code, CODES.get(error.status_code, "bad_request"), detail)
        return answer_refusal(request, refusal, error.headers)

    async def tell_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return answer_refusal(request, Refusal(422, "bad_request", _list_mistakes(error)))

    async def tell_failure(request: Request, error: Exception) -> Response:
        return answer_refusal(request, failed())

    handlers: Mapping[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
        Refusal: tell_refusal,
        HTTPException: tell_framework,
        RequestValidationError: tell_invalid,
        Exception: tell_failure,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def answer_refusal(request: Request, refusal: Refusal, headers: Mapping[str, str] | None = None) -> Response:
    """Returns the answer that a refusal is."""
    problem = show_problem(refusal, request.scope[REQUEST_ID])
    return JSONResponse(
        problem.model_dump(exclude_none=True),
        refusal.status,
        headers={**(headers or {}), **list_headers(refusal)},
        media_type=PROBLEM,
    )


def _list_mistakes(error: RequestValidationError) -> str:
    """Returns what is wrong and where, without what was sent."""
    found = [f"{'.'.join(map(str, mistake['loc']))[:100]}: {mistake['msg'][:200]}" for mistake in error.errors()[:5]]
    return "; ".join(found)


class _Switch:
    """Gives requests to the app whose prefix they have, the rest and the lifespan to the API."""

    def __init__(self, api: App, mounts: Sequence[Mounted]) -> None:
        self._api = api
        self._mounts = tuple(mounts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        for mount in self._mounts:
            if path == mount.prefix or path.startswith(f"{mount.prefix}/"):
                scope["langgym.route"] = mount.prefix
                inner = {**scope, "path": path.removeprefix(mount.prefix) or "/", "raw_path": None}
                await mount.app(inner, receive, send)
                return
        await self._api(scope, receive, send)
