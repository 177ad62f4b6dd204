"""The HTTP interface: what is asked where, and what comes back."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

import nimba
from nimba.classifier import NimbaClassifier
from nimba.classifier.pretrained import DEFAULT_WEIGHTS
from nimba.clouds.formats.registry import SUFFIXES
from nimba.serve.body import BoundedBodies
from nimba.serve.limits import Limits, RefusedError
from nimba.serve.orphans import end_with_parent
from nimba.serve.queue import Manner
from nimba.serve.service import Service
from nimba.serve.uploads import uploads_of

WEIGHTS, MEGABYTES, PROCESSES = "NIMBA_SERVE_WEIGHTS", "NIMBA_SERVE_MEGABYTES", "NIMBA_SERVE_PROCESSES"
# The page has its style and its script inside, and asks nobody but its own service.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:"
_BODIES = {
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "properties": {"files": {"type": "array", "items": {"type": "string", "format": "binary"}}},
        }
    },
    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
    "application/json": {
        "schema": {
            "type": "object",
            "required": ["points"],
            "properties": {"points": {"type": "array", "items": {"type": "array", "items": {"type": "number"}}}},
        }
    },
}
_ERROR = {"content": {"application/json": {"schema": {"type": "object", "properties": {"error": {"type": "string"}}}}}}
_ERRORS: dict[int | str, dict[str, Any]] = {
    413: {"description": "Too large", **_ERROR},
    415: {"description": "A format that is not known", **_ERROR},
    422: {"description": "A single cloud, or a setting, that cannot be used", **_ERROR},
    503: {"description": "Too much to do at the moment", **_ERROR},
}


def create_app(model: NimbaClassifier, limits: Limits | None = None, weights: str | None = None) -> FastAPI:
    """The application of a classifier.

    Args:
        model: as ``nimba.load`` gives it; from now on it is the application's.
        limits: what it takes on; the defaults of ``Limits`` where not given.
        weights: what it was loaded from; None for the default weights.
    """
    limits = limits or Limits()
    service = Service(model, limits)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await service.warm_up()
        yield
        service.close()

    app = FastAPI(
        title="NIMBA", version=nimba.__version__, description="Classifies point clouds and meshes.", lifespan=lifespan
    )
    app.add_middleware(BoundedBodies, limits=limits)
    _answer_errors_in_one_line(app)

    @app.post("/classify", responses=_ERRORS, openapi_extra={"requestBody": {"required": True, "content": _BODIES}})
    async def classify(
        request: Request,
        top: Annotated[int, Query(ge=1, description="How many classes to name.")] = 5,
        up: Annotated[
            Literal["auto", "x", "y", "z", "-x", "-y", "-z"],
            Query(description="The files' up axis, -z for one that points down. auto finds it."),
        ] = "auto",
        turns: Annotated[
            Literal["1", "4"] | None, Query(description="4 to look from four sides, 1 to take it as it faces.")
        ] = None,
        format: Annotated[str | None, Query(description="Format of the bytes, by its extension, such as ply.")] = None,
    ) -> list[dict[str, Any]]:
        """Classify files, the bytes of one file, or points.

        An object for each, as nimba classify --json prints it; of one of several that cannot be classified, the error.
        """
        with service.admitted():
            try:
                async with asyncio.timeout(limits.seconds):
                    uploads = await uploads_of(request, format, limits)
            except TimeoutError:
                raise RefusedError(408, f"the request did not come in within {limits.seconds:g} seconds") from None
            answers = await service.answers(uploads, Manner(up, None if turns is None else int(turns)))
            return [answer.to_dict(top) for answer in answers]

    @app.get("/health", responses={503: _ERRORS[503]})
    async def health() -> dict[str, str]:
        """Whether it answers."""
        if not service.queue.alive:
            raise RefusedError(503, "the model has stopped; start the service anew")
        return {"status": "ok"}

    @app.get("/info")
    async def info() -> dict[str, Any]:
        """What the model knows, and what the service takes."""
        spec = service.spec
        return {
            "weights": Path(weights or DEFAULT_WEIGHTS).name,  # where they lie is nobody's business
            "model": spec.model,
            "parameters": sum(parameter.numel() for parameter in model.parameters()),
            "classes": spec.class_names,
            "version": nimba.__version__,
            "calibration": None if spec.calibration is None else spec.calibration.to_dict(),
            "formats": [suffix[1:] for suffix in SUFFIXES],
            "max_bytes": limits.bytes,
            "max_files": limits.files,
        }

    @app.get("/", include_in_schema=False)
    async def page() -> HTMLResponse:
        return HTMLResponse(_page(), headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"})

    return app


def from_environment() -> FastAPI:
    """The application in a process of its own, as the environment says."""
    end_with_parent()
    torch.set_num_threads(max(torch.get_num_threads() // int(os.environ[PROCESSES]), 1))
    weights = os.environ[WEIGHTS] or None
    return create_app(nimba.load(weights), Limits.of_megabytes(int(os.environ[MEGABYTES])), weights)


@cache
def _page() -> str:
    return (files("nimba.serve") / "page.html").read_text(encoding="utf-8")


def _answer_errors_in_one_line(app: FastAPI) -> None:
    """Every error is {"error": line}."""

    def answer(status: int, line: str) -> JSONResponse:
        busy = {"Retry-After": "1"} if status == 503 else {}
        return JSONResponse({"error": " ".join(line.split())}, status, headers=busy)

    @app.exception_handler(RefusedError)
    async def refused(request: Request, error: RefusedError) -> JSONResponse:
        return answer(error.status, error.line)

    @app.exception_handler(RequestValidationError)
    async def unfit(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        return answer(422, f"{first['loc'][-1]}: {first['msg']}")

    @app.exception_handler(HTTPException)
    async def other(request: Request, error: HTTPException) -> JSONResponse:
        return answer(error.status_code, str(error.detail))

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, error: ClientDisconnect) -> Response:
        return Response(status_code=499)  # nobody reads it

    @app.exception_handler(Exception)
    async def ours(request: Request, error: Exception) -> JSONResponse:
        return answer(500, "a fault of the service; its log says more")
