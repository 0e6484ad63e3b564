"""Structured logs: one JSON object a line, with a request id; never a name, a form value or an SQL parameter."""

import logging
import os
import sys
import time

import structlog
from flask import Flask, Response, g, request

from psg.web.requests import request_id

_SHARED = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def _only_where(_logger: object, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Keep where a failure happened and of which class; its text may hold what somebody typed."""
    failure = event.pop("exc_info", None)
    if failure is True:
        failure = sys.exc_info()
    if isinstance(failure, BaseException):
        failure = (type(failure), failure, failure.__traceback__)
    if isinstance(failure, tuple) and failure[0] is not None:
        event["failure"] = failure[0].__name__
        frames, trace = [], failure[2]
        while trace is not None:
            code = trace.tb_frame.f_code
            frames.append(f"{code.co_filename.rsplit('/', 2)[-1]}:{trace.tb_lineno} {code.co_name}")
            trace = trace.tb_next
        event["where"] = frames[-12:]
    return event


def for_people() -> bool:
    """Whether somebody reads standard error as it comes: then lines are laid out for reading, not for a collector."""
    return sys.stderr.isatty() and os.environ.get("PSG_LOG_FORMAT", "") != "json"


def formatter() -> logging.Formatter:
    """A line for each entry: JSON, unless standard error is a terminal."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_SHARED, structlog.stdlib.ExtraAdder()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _only_where,
            structlog.dev.ConsoleRenderer(colors=False) if for_people() else structlog.processors.JSONRenderer(),
        ],
    )


def init_app(app: Flask, level: str) -> None:
    """Send every log of the process to standard error, as JSON unless that is a terminal, and log each request."""
    handler = logging.StreamHandler()
    handler.setFormatter(formatter())
    root = logging.getLogger()
    for old in [h for h in root.handlers if isinstance(h.formatter, structlog.stdlib.ProcessorFormatter)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)
    app.logger.handlers.clear()
    app.logger.propagate = True
    app.before_request(_begin)
    app.after_request(_answered)


def _begin() -> None:
    g.began = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id())


def _answered(response: Response) -> Response:
    logging.getLogger("psg.request").info(
        "answered",
        extra={
            "method": request.method,
            "endpoint": request.endpoint or "none",
            "status": response.status_code,
            "ms": round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000),
        },
    )
    return response
