"""Signs pictures as made by AI: Content Credentials after C2PA 2 (https://spec.c2pa.org), with no network."""

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
# An edit begins with what was opened. Of that nothing is said: its own credentials would make the file larger with each
# picture made of another, and outlive it where it is removed.
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
    """Signs with the key and the certificates of a PEM file, for ES256; they are made where there is none."""

    def __init__(self, path: Path) -> None:
        """Read the key and try it. Blocks. Raises whatever stands in the way."""
        key, chain = key_and_chain(path)
        self._version = tomllib.loads(PROJECT.read_text())["project"]["version"]
        info = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, chain, key, None)
        self._context = c2pa.Context.from_dict(SETTINGS, c2pa.Signer.from_info(info))
        self.signed(to_png(Image.new("RGB", (1, 1))), is_edit=False)

    def signed(self, png: bytes, *, is_edit: bool) -> bytes:
        """Return a PNG file with its credentials in it: of a picture made from another, or from words alone. Blocks.

        Nothing else in it changes, and what was signed is verified. Raises C2paError.
        """
        signed = io.BytesIO()
        with c2pa.Builder(self._manifest(is_edit), self._context) as builder:
            builder.sign("image/png", io.BytesIO(png), signed)
        return signed.getvalue()

    def _manifest(self, is_edit: bool) -> dict[str, Any]:
        """Return what is said of a picture: that an AI made it, and nothing of who asked for it, and how."""
        return {
            "claim_generator_info": [{"name": "Atelier", "version": self._version}],
            "ingredients": OPENED if is_edit else [],
            "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": EDITED if is_edit else CREATED}}],
        }
