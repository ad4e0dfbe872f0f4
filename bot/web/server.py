"""The web server: health and metrics."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.aiohttp import make_aiohttp_handler

from engine.messages import EngineState, Loading, Ready, Unavailable

GATEWAY = web.AppKey("gateway", Callable[[], bool])
ENGINE = web.AppKey("engine", Callable[[], EngineState])


def create_web_app(
    gateway_is_ready: Callable[[], bool], engine_state: Callable[[], EngineState], registry: CollectorRegistry
) -> web.Application:
    """Return the application with /healthz and /metrics."""
    app = web.Application()
    app[GATEWAY] = gateway_is_ready
    app[ENGINE] = engine_state
    app.router.add_get("/healthz", _healthz)
    app.router.add_get("/metrics", make_aiohttp_handler(registry))
    return app


@asynccontextmanager
async def serving(app: web.Application, host: str, port: int) -> AsyncIterator[str]:
    """Serve the application inside the block; yield its address. A port of 0 takes a free one."""
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
    """Answer 200 where members can be served, otherwise 503; in words what each part does."""
    gateway = "connected" if request.app[GATEWAY]() else "connecting"
    match request.app[ENGINE]():
        case Ready(model, device, dtype):
            engine = f"ready: {model} on {device}, {dtype}"
            ready = True
        case Loading(stage):
            engine, ready = f"loading: {stage}", False
        case Unavailable(reason):
            engine, ready = f"unavailable: {reason}", False
    healthy = ready and gateway == "connected"
    return web.json_response({"gateway": gateway, "engine": engine}, status=200 if healthy else 503)
