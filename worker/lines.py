"""gunicorn's own lines in the form of ours: `gunicorn --logger-class worker.lines.Lines wsgi:app`."""

from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]  # published without types

from psg import logs


class Lines(Logger):
    """One JSON object a line, and of a failure where it happened, not its text, which may hold what somebody typed."""

    def setup(self, cfg: Any) -> None:
        """As gunicorn does it, then laid out as everything else the process logs."""
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            for handler in log.handlers:
                handler.setFormatter(logs.formatter())
