"""For the people who run it: settings, logs, health, metrics, doctor."""

import io
import json
import logging
import os
import re
import signal
import subprocess
import sys
from contextlib import closing, redirect_stderr
from pathlib import Path
from typing import Literal

import aiohttp
import discord
import pytest

from bot.client import PERMISSIONS
from bot.config import Settings
from bot.core.logs import configure_logging
from bot.doctor import examine, permissions
from engine.api.messages import Ready
from tests.support.server import Server
from tests.support.waiting import PATIENCE_SECONDS, eventually

ROOT = Path(__file__).parents[2]


def test_the_example_names_every_setting_with_its_default() -> None:
    example = dict(
        line.split("=", 1) for line in (ROOT / ".env.example").read_text().splitlines() if re.match(r"[A-Z_]+=", line)
    )
    fields = {
        str(field.validation_alias or f"ATELIER_{name.upper()}"): field.default
        for name, field in Settings.model_fields.items()
    }
    assert example.keys() == fields.keys()
    for name, default in fields.items():
        shown = {None: "", (): "", True: "1", False: "0"}.get(default, str(default))
        assert example[name] == shown, name


def test_the_documentation_names_every_setting() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text()
    for line in (ROOT / ".env.example").read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            assert f"`{line.split('=')[0]}`" in page


def test_env_file_and_environment_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("DISCORD_TOKEN=from-file\nATELIER_MODEL=starter\nHF_TOKEN=hub-secret\nHF_HOME=\n")
    monkeypatch.setenv("ATELIER_MODEL", "some/model")
    settings = Settings()
    assert settings.model == "some/model"
    assert settings.secrets() == ["from-file", "hub-secret"]
    assert settings.engine_options().environment == {"HF_HUB_OFFLINE": "0", "HF_TOKEN": "hub-secret"}
    assert "from-file" not in repr(settings)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
@pytest.mark.parametrize("command", ["run", "doctor", "migrate"])
def test_an_env_file_that_others_can_read_is_refused(tmp_path: Path, command: str) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("DISCORD_TOKEN=s3cret\nATELIER_DATABASE_URL=sqlite+aiosqlite:///atelier.db\n")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for mode in (0o644, 0o640):
        env_file.chmod(mode)
        arguments = [sys.executable, "-m", "bot", command]
        done = subprocess.run(arguments, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert done.stderr == f"Other users of this machine can read {env_file}. Run: chmod 600 .env\n"
        assert not (tmp_path / "atelier.db").exists()


def test_an_env_file_of_ones_own_is_read(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("ATELIER_DATABASE_URL=sqlite+aiosqlite:///atelier.db\n")
    env_file.chmod(0o600)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-m", "bot", "migrate"], cwd=tmp_path, env=environment, check=True)
    assert (tmp_path / "atelier.db").exists()


@pytest.mark.parametrize("log_format", ["json", "readable"])
def test_secrets_are_in_no_log(log_format: Literal["json", "readable"], capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO", log_format, ["s3cret"])
    try:
        raise ValueError("with s3cret inside")
    except ValueError:
        logging.getLogger("discord.http").exception("sent %s", "s3cret", extra={"token": "s3cret"})
    written = capsys.readouterr().err
    assert "s3cret" not in written
    assert written.count("[secret]") >= 3
    assert "ValueError" in written
    if log_format == "json":
        assert json.loads(written)["logger"] == "discord.http"


def test_the_log_goes_where_standard_error_is_now(capsys: pytest.CaptureFixture[str]) -> None:
    with closing(io.StringIO()) as captured, redirect_stderr(captured):
        configure_logging("INFO", "readable", [])
        logging.getLogger("bot").warning("before")
        assert "before" in captured.getvalue()
    logging.getLogger("bot").warning("after")
    written = capsys.readouterr().err
    assert len(written.splitlines()) == 1
    assert "after" in written


async def test_health_and_metrics(server_with_own_engine: Server) -> None:
    server = server_with_own_engine
    async with aiohttp.ClientSession(server.web_address) as session:
        async with session.get("/healthz") as answer:
            assert answer.status == 503
            assert (await answer.json())["engine"].startswith("loading")
        await server.inpaint()
        await server.shown(await server.job())
        assert isinstance(server.atelier.kernel.engine.state, Ready)
        async with session.get("/healthz") as answer:
            assert answer.status == 200
            assert (await answer.json())["gateway"] == "connected"
        async with session.get("/metrics") as answer:
            metrics = await answer.text()
    assert 'atelier_jobs_ended_total{status="succeeded"} 1.0' in metrics
    assert "atelier_queue_length 0.0" in metrics
    assert "atelier_job_wait_seconds_count 1.0" in metrics


async def test_the_doctor_says_what_is_missing(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert not await examine(settings)
    report = capsys.readouterr().out
    assert "✓ database" in report
    assert "✓ model: starter in fp32" in report
    assert "✗ token: DISCORD_TOKEN is not set" in report
    assert re.search(r"→ Put the bot's token in \.env", report)


async def test_the_doctor_names_missing_permissions(idle_server: Server) -> None:
    client = idle_server.atelier.client
    [finding] = permissions(client)
    assert finding.what == "permissions in Test"
    guild = await eventually(lambda: client.guilds[0])
    allowed = guild.me.guild_permissions
    missing = [name for name, wanted in PERMISSIONS if wanted and not getattr(allowed, name)]
    assert all(name in finding.advice for name in missing)
    assert (finding.advice == "") == (missing == [])


async def test_the_bot_asks_for_no_privileged_intent(idle_server: Server) -> None:
    intents = idle_server.atelier.client.intents
    assert not any(getattr(intents, name) for name in ("members", "presences", "message_content"))
    assert not PERMISSIONS.administrator
    assert PERMISSIONS.is_subset(discord.Permissions.all())


OFFLINE_RUN = """
import asyncio
from bot.client import AtelierClient

async def connected_for_ever(client, token):
    await asyncio.Event().wait()

AtelierClient.start = connected_for_ever
from bot.__main__ import app
app(["run"])
"""


def test_run_stops_cleanly_at_sigterm_and_logs_no_token(tmp_path: Path) -> None:
    environment = {**os.environ, "DISCORD_TOKEN": "s3cret", "ATELIER_HOME": str(tmp_path), "ATELIER_WEB_PORT": "0"}
    process = subprocess.Popen(
        [sys.executable, "-c", OFFLINE_RUN], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        log = ""
        while "the engine is ready" not in log:
            line = process.stderr.readline()
            assert line, log
            log += line
        process.send_signal(signal.SIGTERM)
        _, rest = process.communicate(timeout=PATIENCE_SECONDS)
    finally:
        process.kill()
    assert process.returncode == 0, log + rest
    assert "stopping" in rest
    assert "Traceback" not in log + rest
    assert "s3cret" not in log + rest


def test_run_without_a_token_says_what_to_do(tmp_path: Path) -> None:
    environment = {**os.environ, "DISCORD_TOKEN": "", "ATELIER_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "bot", "run"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "DISCORD_TOKEN is not set. Put it in .env" in done.stderr
