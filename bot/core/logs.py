"""Logging setup: one format for the bot, its libraries and the engine process, through standard logging."""

import logging
import sys
from typing import Any, Literal, TextIO

import structlog
from structlog.types import EventDict, Processor

MASK = "[secret]"


def configure_logging(level: str, log_format: Literal["readable", "json"], secrets: list[str]) -> None:
    """Write log records to standard error, readable or as JSON lines, with every secret masked.

    Values bound with `structlog.contextvars` (job, guild, user) are added to every record of that context, including
    records of libraries that use standard logging.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
        _secret_masker(secrets),
    ]
    readable = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    renderer = structlog.processors.JSONRenderer() if log_format == "json" else readable
    handler = _StderrHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for chatty in ("aiohttp.access", "alembic", "discord"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLevelName(level)))


class _StderrHandler(logging.StreamHandler[TextIO]):
    """Handler that looks up `sys.stderr` for each record, because a captured stream may be closed by then."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def _secret_masker(secrets: list[str]) -> Processor:
    def mask(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        for secret in secrets:
            value = value.replace(secret, MASK)
        return value

    def mask_record(_logger: Any, _method: str, record: EventDict) -> EventDict:
        return {key: mask(value) for key, value in record.items()}

    return mask_record
