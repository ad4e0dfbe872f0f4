"""Signing of pictures as made by AI: Content Credentials as in C2PA 2 (https://spec.c2pa.org), without network access.

Imports the optional packages c2pa-python and cryptography.
"""

import io
import tomllib
from pathlib import Path
from typing import Any

import c2pa
from PIL import Image

from bot.imaging.images import to_png
from bot.jobs.certificates import key_and_chain

PROJECT = Path(__file__).parent.parent.parent / "pyproject.toml"
SOURCES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
CREATED = [{"action": "c2pa.created", "digitalSourceType": f"{SOURCES}trainedAlgorithmicMedia"}]
# The manifest of an edit has to name the picture that was opened. That picture's own credentials are left out: they
# would make the file larger with each edit of an edit, and would remain in it after the opened picture was removed.
GIVEN = "given"
OPENED = [{"label": GIVEN, "relationship": "parentOf"}]
EDITED = [
    {"action": "c2pa.opened", "parameters": {"ingredientIds": [GIVEN]}},
    {"action": "c2pa.edited", "digitalSourceType": f"{SOURCES}compositeWithTrainedAlgorithmicMedia"},
]
SETTINGS = {
    "version": 1,
    "verify": {"verify_after_sign": True, "remote_manifest_fetch": False, "ocsp_fetch": False},
    "builder": {"thumbnail": {"enabled": False}},
}


class Signer:
    """Signer with the key and the certificates of a PEM file, for ES256; creates the file if it doesn't exist."""

    def __init__(self, path: Path) -> None:
        """Read the key and sign a test picture with it.

        Blocks. Raises the errors of `bot.jobs.certificates.key_and_chain` and of c2pa.
        """
        key, chain = key_and_chain(path)
        self._version = tomllib.loads(PROJECT.read_text())["project"]["version"]
        info = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, chain, key, None)
        self._context = c2pa.Context.from_dict(SETTINGS, c2pa.Signer.from_info(info))
        self.signed(to_png(Image.new("RGB", (1, 1))), is_edit=False)

    def signed(self, png: bytes, *, is_edit: bool) -> bytes:
        """Return a PNG file with Content Credentials added, and verify the signature. Nothing else in it changes.

        `is_edit` is whether the picture was made from another one, not from a prompt alone. Blocks. Raises C2paError.
        """
        signed = io.BytesIO()
        with c2pa.Builder(self._manifest(is_edit), self._context) as builder:
            builder.sign("image/png", io.BytesIO(png), signed)
        return signed.getvalue()

    def _manifest(self, is_edit: bool) -> dict[str, Any]:
        """Return the manifest: that an AI made the picture. For privacy it has no member, prompt or parameters."""
        return {
            "claim_generator_info": [{"name": "Atelier", "version": self._version}],
            "ingredients": OPENED if is_edit else [],
            "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": EDITED if is_edit else CREATED}}],
        }
