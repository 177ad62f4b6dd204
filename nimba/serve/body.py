"""The size of requests, kept within limits while they come in."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from nimba.serve.limits import MEGABYTE, Limits, RefusedError

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


class BoundedBodies:
    """ASGI middleware: reading a request beyond the limits raises ``RefusedError``, wherever it is read.

    Args:
        app: the application.
        limits: see ``Limits``.
    """

    def __init__(self, app: App, limits: Limits):
        self.app = app
        self.limits = limits
        self.held = 0  # bytes of requests whose answers are not there yet

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        said = dict(scope["headers"]).get(b"content-length", b"0")
        mine = 0

        async def bounded() -> Message:
            nonlocal mine
            if said.isdigit() and int(said) > self.limits.bytes:
                raise self._too_large()
            message = await receive()
            size = len(message.get("body", b""))
            mine += size
            self.held += size
            if mine > self.limits.bytes:
                raise self._too_large()
            if self.held > self.limits.bytes_at_once:
                raise RefusedError(503, "too much to do at the moment; try again in a second")
            return message

        try:
            await self.app(scope, bounded, send)
        finally:
            self.held -= mine

    def _too_large(self) -> RefusedError:
        return RefusedError(413, f"more than {self.limits.bytes / MEGABYTE:g} MB in one request; send less at a time")
