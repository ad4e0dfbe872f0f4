"""Loading from the Hugging Face Hub, against a small server that answers as the Hub does."""

import asyncio
import hashlib
import json
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.web.server import serving
from engine.models.source import STARTER

SHA = "a" * 40
REPOSITORY = "studio/tiny-inpainting"


class Hub:
    """One repository on a loopback port; `refusal` makes every answer an error of the Hub's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.refusal: tuple[int, str] | None = None
        self.fetched: list[str] = []
        self.address = ""
        self.app = web.Application(middlewares=[self._refuse])
        self.app.router.add_get("/api/models/{repo:[^/]+/[^/]+}/revision/{revision}", self._info)
        self.app.router.add_get("/api/models/{repo:[^/]+/[^/]+}/tree/{revision}", self._tree)
        self.app.router.add_get("/{repo:[^/]+/[^/]+}/resolve/{revision}/{name:.+}", self._file)

    @web.middleware
    async def _refuse(self, request: web.Request, handler: Any) -> web.StreamResponse:
        known = request.match_info.get("repo") == REPOSITORY
        refusal = self.refusal or (None if known else (404, "RepoNotFound"))
        if refusal:
            return web.json_response({"error": "no"}, status=refusal[0], headers={"X-Error-Code": refusal[1]})
        if request.match_info["revision"] not in ("main", SHA):
            return web.json_response({"error": "no"}, status=404, headers={"X-Error-Code": "RevisionNotFound"})
        return await handler(request)

    async def _info(self, _request: web.Request) -> web.Response:
        return web.json_response({"id": REPOSITORY, "sha": SHA, "siblings": [], "private": False})

    async def _tree(self, _request: web.Request) -> web.Response:
        entries = [
            {"type": "file", "path": str(path.relative_to(self.folder)), "size": path.stat().st_size, "oid": "0" * 40}
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        ]
        return web.json_response(entries)

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        data = (self.folder / name).read_bytes()
        if request.method == "GET":
            self.fetched.append(name)
        headers = {"X-Repo-Commit": SHA, "ETag": f'"{hashlib.sha1(data).hexdigest()}"'}
        return web.Response(body=data, headers=headers)


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    """A repository as Stable Diffusion's are: with a safety checker, halves beside wholes, and loose files."""
    folder = tmp_path / "repository"
    shutil.copytree(STARTER, folder)
    index = json.loads((folder / "model_index.json").read_text())
    index["safety_checker"] = ["stable_diffusion", "StableDiffusionSafetyChecker"]
    (folder / "model_index.json").write_text(json.dumps(index))
    (folder / "safety_checker").mkdir()
    (folder / "safety_checker" / "model.safetensors").write_bytes(b"never fetched")
    (folder / "loose.ckpt").write_bytes(b"never fetched")
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    shutil.copyfile(weights, weights.with_suffix(".fp16.safetensors"))
    made = Hub(folder)
    async with serving(made.app, "127.0.0.1", 0) as made.address:
        yield made


async def check(hub: Hub, home: Path, *options: str, model: str = REPOSITORY, **environment: str) -> dict[str, Any]:
    """Load the model in a process of its own, as `doctor` does; return what it found."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "engine", "check", "--model", model, "--device", "cpu", *options),
        env={**os.environ, "HF_ENDPOINT": hub.address, "HF_HOME": str(home), "HF_HUB_OFFLINE": "0", **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, log = await process.communicate()
    assert process.returncode == 0, log.decode()
    return {**json.loads(output), "log": log.decode()}


async def test_a_model_is_fetched_once_and_then_works_offline(hub: Hub, tmp_path: Path) -> None:
    found = await check(hub, tmp_path / "cache")
    assert found["model"] == REPOSITORY
    shares = [int(share) for share in re.findall(rf"fetching {REPOSITORY} \((\d+)%\)", found["log"])]
    assert shares[-1] == 100
    assert len(shares) > 2
    assert shares == sorted(shares)
    assert "unet/diffusion_pytorch_model.fp16.safetensors" in hub.fetched
    assert not {
        "unet/diffusion_pytorch_model.safetensors",
        "safety_checker/model.safetensors",
        "loose.ckpt",
    } & set(hub.fetched)
    fetched = list(hub.fetched)
    assert (await check(hub, tmp_path / "cache"))["model"] == REPOSITORY
    assert (await check(hub, tmp_path / "cache", HF_HUB_OFFLINE="1"))["model"] == REPOSITORY
    assert hub.fetched == fetched


@pytest.mark.parametrize(
    ("model", "refusal", "options", "sentence"),
    [
        ("studio/unknown", None, [], "There is no model studio/unknown on the Hub"),
        (REPOSITORY, (403, "GatedRepo"), [], "is gated: accept its terms on its Hub page, then set HF_TOKEN"),
        (REPOSITORY, None, ["--revision", "v9"], "has no revision v9; check ATELIER_MODEL_REVISION"),
        (REPOSITORY, (503, ""), [], "is not in the cache and the Hub can't be reached"),
    ],
)
async def test_what_the_hub_refuses_is_one_sentence(
    hub: Hub, tmp_path: Path, model: str, refusal: tuple[int, str] | None, options: list[str], sentence: str
) -> None:
    hub.refusal = refusal
    found = await check(hub, tmp_path / "cache", *options, model=model)
    assert sentence in found["error"]
    assert "\n" not in found["error"]
