"""Fixtures of the training's tests: small drawings in place of the real ones."""

import json

import pytest

from training.artwork import NOUNS, Artwork


@pytest.fixture(scope="session")
def artwork(tmp_path_factory: pytest.TempPathFactory) -> Artwork:
    """Draw a small orange figure for every noun of the picture-book world, in the format of the real drawings."""
    body = '<circle cx="16" cy="12" r="9" fill="#e08030"/><rect x="10" y="18" width="12" height="12" fill="#b05010"/>'
    icons = {noun.icon: {"body": body} for noun in NOUNS}
    path = tmp_path_factory.mktemp("artwork") / "artwork.json"
    path.write_text(json.dumps({"prefix": "test", "width": 32, "height": 32, "icons": icons}))
    return Artwork(path)
