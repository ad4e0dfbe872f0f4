"""A clock that tests set forward."""

from datetime import datetime, timedelta

from bot.core.clock import now


class Clock:
    """A clock that tests set forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return now() + self.ahead
