"""Structured logs of a service: one JSON object per line on standard output, one event per fact."""

import logging
import sys

import structlog

from services.contract.text import dump_log_line


def configure_logs() -> None:
    """Configure structlog for this process. Each service calls it once, at its start."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(dump_log_line),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
