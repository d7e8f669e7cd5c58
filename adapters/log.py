"""Structured logs, one JSON object a line; never a word that people wrote."""

import logging
import sys
from typing import TextIO

import structlog


def configure(*, pretty: bool = False, stream: TextIO | None = None) -> None:
    """Set up structlog and quieten the SDKs, whose messages may quote requests."""
    renderer = (
        structlog.dev.ConsoleRenderer(colors=False)
        if pretty
        else structlog.processors.JSONRenderer(ensure_ascii=True)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    for name in ("slack_bolt", "slack_sdk", "botbuilder", "botframework", "msrest", "msal"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    for name in ("apscheduler", "aiohttp.access", "uvicorn.access", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
