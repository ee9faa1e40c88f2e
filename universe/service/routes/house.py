"""What the service is, whether it is well, and what it counts."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import JSONResponse, PlainTextResponse, Response

from universe.service.hall import Hall
from universe.service.metrics import Metrics
from universe.service.problems import Refusal
from universe.service.routes.answers import send
from universe.service.settings import ServiceSettings
from universe.service.wire import Health, House

PACKAGES = ("langgym", "pettingzoo", "mpe2", "numpy", "ale-py")
"""Packages whose versions decide how games go."""


@cache
def find_version() -> str:
    """Returns LangGym's version."""
    return _find_versions().get("langgym", "0")


def make_routes(hall: Hall, settings: ServiceSettings, metrics: Metrics) -> APIRouter:
    """Returns the paths."""
    routes = APIRouter(tags=["house"])
    limits = {name: float(value) for name, value in settings.limits.model_dump().items()}

    @routes.get("/healthz", operation_id="check_health", response_model=Health)
    async def check_health() -> Response:
        """Whether the service takes tables; needs no token."""
        if hall.draining:
            raise Refusal(503, "draining", "The service is about to stop.", retry_after=5)
        return JSONResponse({"status": "ok"})

    @routes.get("/metrics", operation_id="read_metrics", response_class=PlainTextResponse)
    def read_metrics() -> Response:
        """Counters in Prometheus' text format."""
        return Response(metrics.render(), media_type=CONTENT_TYPE_LATEST)

    @routes.get("/v1/house", operation_id="describe_house", response_model=House)
    def describe_house() -> Response:
        """What the service is: its players, whether it keeps tables, and its limits."""
        house = House(
            version=find_version(),
            players=hall.house.players(),
            keeps=hall.journal.keeps,
            limits=limits,
            packages=_find_versions(),
        )
        return send(house)

    return routes


@cache
def _find_versions() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
