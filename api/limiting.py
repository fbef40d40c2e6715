"""How many requests a token may make: counted at the broker, by all web processes as one.

While the broker is away each process counts for itself; nobody is refused because of that.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

from limits import RateLimitItem, parse, parse_many
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import RateLimiter, SlidingWindowCounterRateLimiter

from api.errors import TooMany

IMPATIENT = {"socket_connect_timeout": 0.2, "socket_timeout": 0.2}
PAUSE_SECONDS = 5.0
NAMESPACE = "gradbook-rate"


def read_rate(text: str) -> str:
    """The rate as it is written, such as `600/minute`; ValueError for what is none."""
    (_,) = parse_many(text)
    return text


class Limiter:
    """Counts the requests of tokens; without the address of a broker only for this process."""

    def __init__(
        self, rate: str, broker_url: str | None, clock: Callable[[], float] = time.time
    ) -> None:
        self._rate: RateLimitItem = parse(read_rate(rate))
        self._alone = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._shared = _shared(broker_url) if broker_url else None
        self._clock = clock
        self._silent_until = 0.0

    def check(self, token_id: uuid.UUID) -> None:
        """Counts a request; TooMany, with the seconds to wait, when it is one too many."""
        limiter = self._limiter()
        try:
            self._hit(limiter, token_id)
        except StorageError:
            self._silent_until = self._clock() + PAUSE_SECONDS
            self._hit(self._alone, token_id)

    def _hit(self, limiter: RateLimiter, token_id: uuid.UUID) -> None:
        if limiter.hit(self._rate, str(token_id)):
            return
        again_at = limiter.get_window_stats(self._rate, str(token_id)).reset_time
        seconds = max(1, int(again_at - self._clock()) + 1)
        raise TooMany(f"This token may make {self._rate} requests; try again later.", seconds)

    def _limiter(self) -> RateLimiter:
        away = self._shared is None or self._clock() < self._silent_until
        return self._alone if away or self._shared is None else self._shared


def _shared(broker_url: str) -> RateLimiter:
    storage = RedisStorage(
        broker_url,
        wrap_exceptions=True,
        key_prefix=NAMESPACE,
        **IMPATIENT,
    )
    return SlidingWindowCounterRateLimiter(storage)
