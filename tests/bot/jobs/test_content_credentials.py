"""Content Credentials: pictures are signed as made by AI, with the server's own key."""

import asyncio
import io
import json
import os
import subprocess
import sys
import tomllib
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import c2pa
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from bot.config import Settings
from bot.database.states import JobStatus
from bot.doctor import credentials
from bot.imaging.images import parameters_text, read_picture
from bot.jobs.content_credentials import KEY, CredentialsError, signer
from bot.jobs.models import Job
from engine.images import write_png
from tests.support.images import meadow, opened, png
from tests.support.member_actions import imagined, newest, pick
from tests.support.server import Server, opened_server

ROOT = Path(__file__).parents[3]
SOURCES = "http://cv.iptc.org/newscodes/digitalsourcetype/"


@dataclass(frozen=True)
class Credentials:
    """What a reader of Content Credentials says of a file."""

    state: str | None
    manifests: list[dict[str, Any]]

    @property
    def actions(self) -> list[tuple[str, str]]:
        """What was done, each with the kind of source, of the only manifest."""
        [manifest] = self.manifests
        [assertion] = manifest["assertions"]
        assert assertion["label"] == "c2pa.actions.v2"
        return [(each["action"], each.get("digitalSourceType", "")) for each in assertion["data"]["actions"]]


def read(file: bytes, home: Path | None = None) -> Credentials:
    """Read a file's credentials as anybody does, or as one does who trusts the server with this home."""
    settings: dict[str, Any] = {"version": 1, "verify": {"remote_manifest_fetch": False, "verify_trust": True}}
    if home:
        root = x509.load_pem_x509_certificates((home / KEY).read_bytes())[-1]
        settings["trust"] = {"user_anchors": root.public_bytes(Encoding.PEM).decode()}
    with c2pa.Reader("image/png", io.BytesIO(file), context=c2pa.Context.from_dict(settings)) as reader:
        return Credentials(reader.get_validation_state(), list(json.loads(reader.json())["manifests"].values()))


def chunks(file: bytes) -> list[tuple[bytes, bytes]]:
    """Return the chunks of a PNG file, each with its name."""
    found, at = [], 8
    while at < len(file):
        size = int.from_bytes(file[at : at + 4])
        name, data = file[at + 4 : at + 8], file[at + 8 : at + 8 + size]
        assert zlib.crc32(name + data) == int.from_bytes(file[at + 8 + size : at + 12 + size])
        found.append((name, data))
        at += 12 + size
    return found


def is_signed(file: bytes) -> bool:
    return b"caBX" in dict(chunks(file))


async def file_of(server: Server, job: Job) -> bytes:
    """Return the bytes kept of a job's only picture, which are those that its card shows."""
    [creation] = await server.creations(job)
    kept = await server.atelier.kernel.files.get(creation.file_key)
    [shown] = server.card(job).attachments
    assert await shown.read() == kept
    return kept


async def test_pictures_are_signed_as_made_by_ai(server: Server, settings: Settings) -> None:
    made = await file_of(server, await imagined(server, prompt="a fox in the snow", count=1))
    before = {job.id for job in await server.jobs()}
    await server.inpaint(prompt="a dog in a green meadow")
    repainted = await file_of(server, await newest(server, before))

    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert read(made).actions == [("c2pa.created", f"{SOURCES}trainedAlgorithmicMedia")]
    assert read(repainted).actions == [
        ("c2pa.opened", ""),
        ("c2pa.edited", f"{SOURCES}compositeWithTrainedAlgorithmicMedia"),
    ]
    for file, prompt in ((made, "a fox in the snow"), (repainted, "a dog in a green meadow")):
        [manifest] = read(file).manifests
        assert manifest["claim_generator_info"][0].items() >= {"name": "Atelier", "version": version}.items()
        assert read(file).state == "Valid"
        assert read(file, settings.home).state == "Trusted"
        assert opened(file).info["parameters"].startswith(f"{prompt}\nSteps: 4")
        # Pictures travel: nobody is named in what was signed, and nothing said of them.
        signed = dict(chunks(file))[b"caBX"]
        assert b"Atelier" in signed
        people = (server.alice, server.bob, server.alice.guild, server.channel)
        for word in (*(str(each.id) for each in people), *(each.name for each in people), prompt):
            assert word.encode() not in signed, word


def test_a_changed_picture_is_no_longer_valid(settings: Settings) -> None:
    before = write_png(meadow(), None, "a fox")
    own = signer(settings.home)
    assert own
    file = own.signed(before, is_edit=False)
    assert [chunk for chunk in chunks(file) if chunk[0] != b"caBX"] == chunks(before)
    assert read(file, settings.home).state == "Trusted"
    assert read(file.replace(b"a fox", b"a dog"), settings.home).state == "Invalid"
    for place in (-20, -200):
        changed = bytearray(file)
        changed[place] ^= 1
        assert read(bytes(changed), settings.home).state == "Invalid"


async def test_going_on_from_a_signed_picture_says_only_what_was_done_last(server: Server) -> None:
    first = await imagined(server, count=1)
    before = {first.id}
    await pick(server, server.bob, first, "subtle")
    second = await newest(server, before)
    files = [await file_of(server, first), *await files_of(server, second)]
    assert all(read(file).state == "Valid" for file in files)
    assert [len(read(file).manifests) for file in files] == [1] * len(files)
    assert {read(file).actions[-1][0] for file in files[1:]} == {"c2pa.edited"}


async def files_of(server: Server, job: Job) -> list[bytes]:
    return [await server.atelier.kernel.files.get(each.file_key) for each in await server.creations(job)]


async def test_a_signed_picture_may_be_given_again(server: Server) -> None:
    file = await file_of(server, await imagined(server, prompt="a fox in the snow", count=1))
    assert is_signed(file)
    assert (await read_picture(file)).tobytes() == opened(file).tobytes()
    assert (await parameters_text(file)).startswith("a fox in the snow")
    before = {job.id for job in await server.jobs()}
    await server.inpaint(server.bob, image=("mine.png", file), mask=None, region="left")
    job = await newest(server, before)
    assert job.status is JobStatus.SUCCEEDED
    # What comes in is its pixels alone.
    assert not is_signed(await server.atelier.kernel.files.get(job.image_key))
    assert read(await file_of(server, job)).state == "Valid"


async def test_a_picture_that_cannot_be_signed_is_kept_and_shown(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refused(*_: object) -> bytes:
        raise c2pa.C2paError("the certificate has ended")

    monkeypatch.setattr(c2pa.Builder, "sign", refused)
    job = await imagined(server, count=1)
    assert job.status is JobStatus.SUCCEEDED
    assert not is_signed(await file_of(server, job))
    assert "could not be signed" in caplog.text
    assert "the certificate has ended" in caplog.text


async def test_where_it_is_not_installed_pictures_are_unsigned_and_the_log_says_so(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setitem(sys.modules, "c2pa", None)
    async with opened_server(settings) as server:
        assert "pictures get no Content Credentials; `.venv/bin/pip install c2pa-python`" in caplog.text
        file = await file_of(server, await imagined(server, count=1))
    assert not is_signed(file)
    assert "Steps: 4" in opened(file).info["parameters"]
    assert not (settings.home / KEY).exists()
    finding = credentials(settings)
    assert "no Content Credentials" in finding.found
    assert not finding.advice


async def test_the_log_says_with_what_pictures_are_signed(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    async with opened_server(settings, working=False):
        assert f"pictures get Content Credentials, signed with {settings.home / KEY}" in caplog.text
    assert credentials(settings).found in caplog.text


async def test_the_key_is_made_once_and_its_owners_alone(settings: Settings) -> None:
    first, second = [await asyncio.to_thread(signed_with, settings.home) for _ in range(2)]
    assert first == second
    assert (settings.home / KEY).stat().st_mode & 0o777 == 0o600
    (settings.home / KEY).unlink()
    assert signed_with(settings.home) != first


def signed_with(home: Path) -> str:
    """Return the number of the certificate with which a picture was signed."""
    own = signer(home)
    assert own
    [manifest] = read(own.signed(png(meadow()), is_edit=True)).manifests
    return manifest["signature_info"]["cert_serial_number"]


def test_an_owner_may_bring_a_key_and_certificates(settings: Settings) -> None:
    number = signed_with(settings.home)
    path = settings.home / KEY
    made = path.read_bytes()
    key = load_pem_private_key(made, None).private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    path.write_bytes(made[made.index(b"-----BEGIN CERTIFICATE-----") :] + b"issued to us\n" + key)
    assert signed_with(settings.home) == number


def test_a_key_that_cannot_sign_is_said_at_the_start(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    signed_with(settings.home)
    other = tmp_path_factory.mktemp("other")
    signed_with(other)
    path = settings.home / KEY
    begin = b"-----BEGIN CERTIFICATE-----"
    key, chain = path.read_bytes().split(begin, 1)
    for wrong in (b"", b"no key", key, begin + chain, (other / KEY).read_bytes().split(begin, 1)[0] + begin + chain):
        path.write_bytes(wrong)
        with pytest.raises(CredentialsError, match=KEY):
            signer(settings.home)
    finding = credentials(settings)
    assert str(path) in finding.found
    assert "move it away" in finding.advice
    environment = {**os.environ, "DISCORD_TOKEN": "s3cret", "ATELIER_HOME": str(settings.home), "ATELIER_WEB_PORT": "0"}
    command = [sys.executable, "-m", "bot", "run"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"pictures can't be signed with {path}" in done.stderr.splitlines()[-1]
