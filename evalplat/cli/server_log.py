"""What gunicorn says about itself, in the form of our own log and without the addresses that it would fill in."""

from typing import Any

from gunicorn import glogging

from evalplat.logs import JsonFormatter


class ServerLog(glogging.Logger):  # type: ignore[misc]
    """Gunicorn's log as lines of JSON."""

    def setup(self, cfg: Any) -> None:
        """Gunicorn's own set-up with another form; it is called again when the server reloads."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(JsonFormatter())
