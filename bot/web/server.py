"""The web server: health and metrics."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.aiohttp import make_aiohttp_handler

from bot.web.rates import rates
from engine.api.messages import EngineState, Loading, Ready, Unavailable


@dataclass(frozen=True, slots=True)
class Health:
    """The checks of /healthz: whether the gateway is connected, and the state of the engine."""

    gateway_is_ready: Callable[[], bool]
    engine_state: Callable[[], EngineState]


HEALTH = web.AppKey("health", Health)


def create_web_app(health: Health, registry: CollectorRegistry, *, behind_proxy: bool = False) -> web.Application:
    """Return the application with /healthz and /metrics; see `bot.web.rates.rates` for `behind_proxy`."""
    app = web.Application(middlewares=[rates(behind_proxy=behind_proxy)])
    app[HEALTH] = health
    app.router.add_get("/healthz", _healthz)
    app.router.add_get("/metrics", make_aiohttp_handler(registry))
    return app


@asynccontextmanager
async def serving(app: web.Application, host: str, port: int) -> AsyncIterator[str]:
    """Serve the application inside the block, and yield its URL. Port 0 chooses a free port."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        bound_port = runner.addresses[0][1]
        yield f"http://{host}:{bound_port}"
    finally:
        await runner.cleanup()


async def _healthz(request: web.Request) -> web.Response:
    """Answer 200 if the gateway is connected and the engine is ready, else 503, with both states as JSON."""
    health = request.app[HEALTH]
    connected, state = health.gateway_is_ready(), health.engine_state()
    body = {"gateway": "connected" if connected else "connecting", "engine": _describe(state)}
    return web.json_response(body, status=200 if connected and isinstance(state, Ready) else 503)


def _describe(state: EngineState) -> str:
    match state:
        case Ready():
            return f"ready: {state.model} on {state.device}, {state.dtype}"
        case Loading():
            return f"loading: {state.stage}"
        case Unavailable():
            return f"unavailable: {state.reason}"
