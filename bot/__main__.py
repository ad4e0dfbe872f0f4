"""The command line: `python -m bot run | demo | doctor | migrate | backup | restore`."""

import asyncio
import gc
import logging
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import aiohttp
import discord
import typer

from bot.app import built
from bot.backup import BackupError, Copied, back_up
from bot.backup import restore as restore_backup
from bot.config import ENV_FILE, Settings, exposed_secrets
from bot.core.logs import configure_logging
from bot.database.engine import DatabaseUnavailableError
from bot.database.engine import migrate as migrate_database
from bot.doctor import examine
from bot.jobs.content_credentials import CredentialsError

log = logging.getLogger(__name__)
app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)


@app.command()
def run() -> None:
    """Run Atelier on Discord, until SIGTERM or Ctrl-C."""
    settings = _settings()
    if settings.discord_token is None:
        typer.echo("DISCORD_TOKEN is not set. Put it in .env (see .env.example), or try `make demo`.", err=True)
        raise typer.Exit(1)
    try:
        asyncio.run(_run(settings, settings.discord_token.get_secret_value()))
    except discord.LoginFailure as error:
        typer.echo("Discord refused the token. Make a new one in the developer portal and put it in .env.", err=True)
        raise typer.Exit(1) from error
    except (aiohttp.ClientError, CredentialsError, DatabaseUnavailableError, OSError) as error:
        log.exception("could not run Atelier")
        typer.echo(f"Atelier could not run: {error}. `python -m bot doctor` says more.", err=True)
        raise typer.Exit(1) from error


async def _run(settings: Settings, token: str) -> None:
    """Run until a signal arrives or the gateway client ends; the running job is requeued before the exit."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with built(settings) as atelier, atelier.client:
        # Exclude the objects created so far from garbage collection, which blocked the event loop for 0.3 s each time.
        gc.collect()
        gc.freeze()
        async with atelier.working() as address:
            log.info("serving health and metrics at %s", address)
            gateway = asyncio.create_task(atelier.client.start(token))
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({gateway, stopped}, return_when=asyncio.FIRST_COMPLETED)
            log.info("stopping")
        if gateway.done():
            gateway.result()


@app.command()
def demo(
    once: Annotated[bool, typer.Option(help="End after the tour; exit 0 only if the picture was made")] = False,
) -> None:
    """Run Atelier on a simulated Discord in the browser: no token, no GPU, no network."""
    # Imported here, because SimCord is optional.
    from bot.demo import run_demo

    made = asyncio.run(run_demo(_settings(), once=once))
    raise typer.Exit(0 if made else 1)


@app.command()
def doctor() -> None:
    """Check the installation and print advice; exit 1 if a check fails."""
    raise typer.Exit(0 if asyncio.run(examine(_settings())) else 1)


@app.command()
def migrate() -> None:
    """Migrate the database to the newest schema. `run` and `demo` do this on their own."""
    settings = _settings()
    try:
        asyncio.run(migrate_database(settings.database))
    except DatabaseUnavailableError as error:
        typer.echo(f"Nothing was done: {error}.", err=True)
        raise typer.Exit(1) from error


@app.command()
def backup(folder: Annotated[Path, typer.Argument(help="Empty, or not there yet")]) -> None:
    """Copy database and pictures into a folder while the bot runs; on the same disk, pictures take no extra space."""
    settings = _settings()
    copied = _or_exit(lambda: back_up(settings.database, settings.home, folder))
    if not copied.has_database:
        typer.echo("PostgreSQL keeps its own backups: run `pg_dump` BEFORE this command, and keep both.")
    _report(copied, f"copied to {folder}")


@app.command()
def restore(folder: Annotated[Path, typer.Argument(help="What `backup` made")]) -> None:
    """Restore a backup into an empty ATELIER_HOME, and verify that it is complete."""
    settings = _settings()
    copied = _or_exit(lambda: restore_backup(folder, settings.database, settings.home))
    if not copied.has_database:
        typer.echo("The backup has no database in it: restore that with `pg_restore`.")
    _report(copied, f"restored to {settings.home}, each with the content that its name says")
    if copied.has_database:
        typer.echo("✓ database: whole (integrity_check), every reference holds (foreign_key_check)")


def _or_exit(work: Callable[[], Copied]) -> Copied:
    """Run a backup or restore and return its result; print an expected error and exit 1."""
    try:
        return work()
    except (BackupError, DatabaseUnavailableError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


def _report(copied: Copied, what: str) -> None:
    """Print the result of a backup or restore; exit 1 if files have problems."""
    for problem in copied.problems:
        typer.echo(f"✗ {problem}", err=True)
    if copied.problems:
        raise typer.Exit(1)
    typer.echo(f"✓ files: {copied.files} {what}")


def _settings() -> Settings:
    if exposed := exposed_secrets():
        typer.echo(exposed, err=True)
        raise typer.Exit(1)
    settings = Settings()
    configure_logging(settings.log_level, settings.log_format, settings.secrets())
    if os.name == "nt" and ENV_FILE.exists():
        log.warning("can't check who can read %s on Windows; make sure that only you can", ENV_FILE.resolve())
    return settings


if __name__ == "__main__":
    app()
