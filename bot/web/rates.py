"""Rate limiting by client address, for all routes together."""

import time
from collections import Counter
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

# Requests a minute for reading and for sending. A gallery page loads about sixty pictures; POST requests cost more.
ASKED_A_MINUTE, SENT_A_MINUTE = 600, 60
MINUTE = 60
READING = ("GET", "HEAD", "OPTIONS")


class Rate:
    """Sliding-window counter that allows `most` requests a minute to each address.

    Requests are counted by calendar minute; the previous minute counts in proportion to its part of the last 60 s. That
    takes two numbers an address, which are dropped after two minutes; see
    https://blog.cloudflare.com/counting-things-a-lot-of-different-things/. `clock` returns seconds.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._minute = 0
        self._current: Counter[str] = Counter()
        self._previous: Counter[str] = Counter()

    def allows(self, address: str) -> bool:
        """Count a request and return True; return False, uncounted, if it exceeds the limit."""
        minute, seconds = divmod(self._clock(), MINUTE)
        if minute != self._minute:
            self._previous = self._current if minute == self._minute + 1 else Counter()
            self._current, self._minute = Counter(), int(minute)
        if self._current[address] + self._previous[address] * (1 - seconds / MINUTE) >= self._most:
            return False
        self._current[address] += 1
        return True


def rates(*, behind_proxy: bool, clock: Callable[[], float] = time.monotonic) -> Middleware:
    """Return a middleware that answers 429 to clients that exceed their rate.

    `behind_proxy` is whether X-Forwarded-For is trusted from a reverse proxy on this machine or its network.
    """
    reads, writes = Rate(ASKED_A_MINUTE, clock), Rate(SENT_A_MINUTE, clock)

    @web.middleware
    async def limited(request: web.Request, handler: Handler) -> web.StreamResponse:
        rate = reads if request.method in READING else writes
        # Some proxies add a second header line instead of extending the first.
        forwarded = ",".join(request.headers.getall("X-Forwarded-For", []))
        if not rate.allows(who_asks(request.remote or "", forwarded, behind_proxy)):
            text = "That was too much at once; wait a minute, then try again."
            raise web.HTTPTooManyRequests(text=text, headers={"Retry-After": str(MINUTE)})
        return await handler(request)

    return limited


def who_asks(peer: str, forwarded: str, behind_proxy: bool) -> str:
    """Return the client address that a request is counted for; for IPv6 the /64 network, which one client has whole.

    `forwarded` is the X-Forwarded-For header; it is used only if `behind_proxy` is set and `peer` is a local address.
    Then the last address in it that is not local is the client, because a client can forge the addresses before that.
    """
    chain = [peer]
    if behind_proxy and _is_local(peer):
        chain += reversed([address.strip() for address in forwarded.split(",") if address.strip()])
    address = next((each for each in chain if not _is_local(each)), chain[-1])
    try:
        parsed = ip_address(address)
    except ValueError:
        return peer
    if isinstance(parsed, IPv6Address) and not parsed.ipv4_mapped:
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed)


def _is_local(address: str) -> bool:
    """Return whether an address is a loopback or private one; text that is no address is not local."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return parsed.is_loopback or parsed.is_private
