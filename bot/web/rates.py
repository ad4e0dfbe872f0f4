"""How often one address may ask, on all pages together."""

import time
from collections import Counter
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

# A page of the gallery shows some sixty pictures. What is sent costs more than what is looked at.
ASKED_A_MINUTE, SENT_A_MINUTE = 600, 60
MINUTE = 60
READING = ("GET", "HEAD", "OPTIONS")


class Rate:
    """Lets each address ask up to `most` times a minute.

    It counts by the minute, and weighs the last one by how much of it is less than a minute ago: so it needs two
    numbers an address, and forgets it after two minutes (https://blog.cloudflare.com/counting-things-a-lot-of-different-things/).
    `clock` gives seconds.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._minute = 0
        self._now: Counter[str] = Counter()
        self._before: Counter[str] = Counter()

    def allows(self, address: str) -> bool:
        """Count a request and return True, or return False where it is one too many."""
        minute, seconds = divmod(self._clock(), MINUTE)
        if minute != self._minute:
            self._before = self._now if minute == self._minute + 1 else Counter()
            self._now, self._minute = Counter(), int(minute)
        if self._now[address] + self._before[address] * (1 - seconds / MINUTE) >= self._most:
            return False
        self._now[address] += 1
        return True


def rates(*, behind_proxy: bool, clock: Callable[[], float] = time.monotonic) -> Middleware:
    """Return a middleware that answers 429 to who asks too often.

    `behind_proxy` is whether a reverse proxy of this machine or its network may say whom it asks for.
    """
    asked, sent = Rate(ASKED_A_MINUTE, clock), Rate(SENT_A_MINUTE, clock)

    @web.middleware
    async def limited(request: web.Request, handler: Handler) -> web.StreamResponse:
        rate = asked if request.method in READING else sent
        # Some proxies add a line of their own below the one that they were sent.
        forwarded = ",".join(request.headers.getall("X-Forwarded-For", []))
        if not rate.allows(who_asks(request.remote or "", forwarded, behind_proxy)):
            text = "That was too much at once; wait a minute, then try again."
            raise web.HTTPTooManyRequests(text=text, headers={"Retry-After": str(MINUTE)})
        return await handler(request)

    return limited


def who_asks(peer: str, forwarded: str, behind_proxy: bool) -> str:
    """Return the address that a request counts for; of IPv6 the network, because everybody has a whole one.

    What a request says in X-Forwarded-For counts only where a proxy hands it on; of a chain of proxies the last address
    that isn't one of our own network, because whoever asks can make up those before it.
    """
    chain = [peer]
    if behind_proxy and _is_near(peer):
        chain += reversed([address.strip() for address in forwarded.split(",") if address.strip()])
    address = next((each for each in chain if not _is_near(each)), chain[-1])
    try:
        known = ip_address(address)
    except ValueError:
        return peer
    if isinstance(known, IPv6Address) and not known.ipv4_mapped:
        return str(ip_network((known, 64), strict=False))
    return str(known)


def _is_near(address: str) -> bool:
    """Return whether this is an address of this machine or its network."""
    try:
        known = ip_address(address)
    except ValueError:
        return False
    return known.is_loopback or known.is_private
