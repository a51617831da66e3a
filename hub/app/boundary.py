# SPDX-License-Identifier: EUPL-1.2
"""What holds for every request of an HTTP application: bounded bodies, own origin, headers, and problems in words.

A handler sees a body that is complete and within its limit, or streams it where the application says so. No control
character and no half of a surrogate pair reaches a handler, in a path or in JSON: the database and an answer can hold
neither. Whatever goes wrong below leaves as problem+json; what nobody foresaw is logged with its trace, and shown
without it.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from contract.record import ContractError
from hub.audit.faults import LogUnavailableError
from hub.keeper.client import KeeperRefusedError, KeeperUnreachableError
from hub.problem import MEDIA_TYPE, ProblemError, body, preferred
from hub.store.faults import DatabaseUnavailableError, DuplicateError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

API_VERSION = "1.0.0"
PEOPLE_BODY_LIMIT = 64 * 1024  # bytes
PHOTOS = (re.compile(r"/v1/deployments/[0-9a-f-]{36}/signs"), 1_340_000)  # a photo of 1 MB in base64, and what it is of
BODY_WITHIN_S = 10.0
LENGTH_DIGITS = 9  # of a Content-Length; Python refuses to read thousands
# Tabs and ends of lines are text. What turns the direction of others round, or is not seen at all, says one thing to
# who signs it and another to who reads the bytes.
UNTEXT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff"
    "\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS = {
    "API-Version": API_VERSION,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


class Boundary:
    """ASGI middleware around an application. `body_limit` None: bodies are streamed and the routes bound them.

    At the paths of `larger` its limit holds instead.
    """

    def __init__(self, app: Any, body_limit: int | None, larger: tuple[re.Pattern[str], int] | None = None) -> None:
        self._app = app
        self._limit = body_limit
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                written = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    written.setdefault(name, value)
            await send(message)

        try:
            check_origin(scope["method"], headers)
            if UNTEXT.search(scope["path"]):
                raise ProblemError("text-refused", where="path")
            if (limit := self._limit_at(scope["path"])) is not None:
                receive = await _whole(receive, headers, limit)
        except ProblemError as problem:
            await respond(problem, headers)(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)

    def _limit_at(self, path: str) -> int | None:
        return self._larger[1] if self._larger is not None and self._larger[0].fullmatch(path) else self._limit


def check_origin(method: str, headers: Mapping[str, str]) -> None:
    """What changes something comes from our own pages or from no page: SameSite knows no ports, this does."""
    origin = headers.get("origin")
    if method not in SAFE and origin is not None and origin.partition("://")[2] != headers.get("host"):
        raise ProblemError("wrong-origin")


def check_text(content: bytes) -> None:
    """Refuse JSON that holds what is no text, in a key or a value; what is no JSON is the handler's to refuse."""
    try:
        ahead = [("body", json.loads(content))]
    except (ValueError, RecursionError):
        return
    while ahead:
        where, value = ahead.pop()
        if isinstance(value, dict):
            ahead += [(where, key) for key in value]
            ahead += [(key, item) for key, item in value.items() if not UNTEXT.search(key)]
        elif isinstance(value, list):
            ahead += [(where, item) for item in value]
        elif isinstance(value, str) and UNTEXT.search(value):
            raise ProblemError("text-refused", where=where)


async def _whole(receive: Receive, headers: Headers, limit: int) -> Receive:
    """The body read to its end, as a `receive` that gives it in one piece."""
    declared = headers.get("content-length", "0")
    if not declared.isdecimal() or len(declared) > LENGTH_DIGITS or int(declared) > limit:
        raise ProblemError("too-large", limit=limit)
    parts: list[bytes] = []
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    break  # the client went; the handler is told so by the next receive
                parts.append(message.get("body", b""))
                if sum(map(len, parts)) > limit:
                    raise ProblemError("too-large", limit=limit)
                if not message.get("more_body", False):
                    break
    except TimeoutError as error:
        raise ProblemError("too-slow", seconds=int(BODY_WITHIN_S)) from error
    whole = b"".join(parts)
    check_text(whole)
    given = [{"type": "http.request", "body": whole, "more_body": False}]

    async def once() -> Message:
        return given.pop() if given else await receive()

    return once


def respond(problem: ProblemError, headers: Mapping[str, str]) -> Response:
    """A problem as a response, in the reader's language."""
    language = preferred(headers.get("accept-language", ""))
    extra = {"Content-Language": language, "Vary": "Accept-Language"}
    if "retry_after_s" in problem.parameters:
        extra["Retry-After"] = str(problem.parameters["retry_after_s"])
    return JSONResponse(body(problem, language), problem.status, extra, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Have an application answer every error as a problem."""
    for cls in (
        ProblemError,
        HTTPException,
        RequestValidationError,
        ContractError,
        KeeperRefusedError,
        LogUnavailableError,
        KeeperUnreachableError,
        DuplicateError,
        DatabaseUnavailableError,
        ClientDisconnect,
        Exception,
    ):
        app.add_exception_handler(cls, _handle)


async def _handle(request: Request, error: Exception) -> Response:
    return respond(_problem(error), request.headers)


def _problem(error: Exception) -> ProblemError:
    """The problem that an exception amounts to; what is not known here is the hub's own fault."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, HTTPException):
        return _of_status(error.status_code)
    if isinstance(error, ClientDisconnect):
        return _of_status(400)  # nobody hears it
    if isinstance(error, RequestValidationError):
        return _invalid(error)
    if isinstance(error, KeeperRefusedError) and error.rule == "keeper.rate":
        return ProblemError("too-many-attempts", retry_after_s=60)
    if isinstance(error, KeeperRefusedError):
        return ProblemError("rule-refused", rule=error.rule, reason=error.reason)
    if isinstance(error, ContractError):
        return ProblemError("record-refused", reason=str(error))
    kinds = {
        LogUnavailableError: "log-unavailable",
        KeeperUnreachableError: "keeper-unreachable",
        DuplicateError: "changed-meanwhile",
        DatabaseUnavailableError: "database-unavailable",
    }
    return ProblemError(kinds.get(type(error), "internal"))


def _of_status(status: int) -> ProblemError:
    if status == 404:
        return ProblemError("not-found")
    if status == 405:
        return ProblemError("method-not-allowed")
    return ProblemError("invalid-request", where="body", reason="cannot be read")


def _invalid(error: RequestValidationError) -> ProblemError:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part != "body") or "body"
    return ProblemError("invalid-request", where=where, reason=str(first["msg"]).rstrip("."))
