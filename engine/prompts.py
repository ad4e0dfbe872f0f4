"""What a prompt says beside its words: weights, several prompts in one, and places in the picture.

`a (red:1.3) cat` and `a [blurred] cat` weigh words, `a cat::2 a castle::1` weighs prompts, and
`a meadow | left: a fox | right: a lighthouse` gives each element its place.
"""

import re
from dataclasses import dataclass

from engine.api.places import NAMED_REGIONS
from engine.refusal import RefusedError

# The usual strength of one pair of brackets.
STEP = 1.1
MOST_PARTS = 6
_MULTI = re.compile(r"::\s*(-?\d+(?:\.\d+)?)?")
_BRACKETS = re.compile(r"\\[()\[\]\\]|[(\[\])]|:\s*([+-]?\d+(?:\.\d+)?)\s*\)|[^\\()\[\]:]+|[\\:]")


@dataclass(frozen=True, slots=True)
class Part:
    """A prompt of its own within a prompt, how much it counts, and its place: one of `NAMED_REGIONS`, or empty."""

    text: str
    weight: float = 1.0
    place: str = ""


def split_parts(prompt: str) -> list[Part]:
    """Return the parts of a prompt; where some have a place, the first is that of the whole picture.

    Raises RefusedError where weights cancel each other out, or there are too many parts.
    """
    sections = [_with_place(section.strip()) for section in prompt.split("|")]
    if any(place for place, _ in sections):
        whole = ", ".join(text for place, text in sections if not place) or " and ".join(text for _, text in sections)
        parts = [Part(whole), *(Part(text, place=place) for place, text in sections if place)]
    else:
        parts = _weighted(prompt)
    if len(parts) > MOST_PARTS:
        raise RefusedError(f"A prompt can have {MOST_PARTS} parts at most, and this one has {len(parts)}.")
    return parts


def _with_place(section: str) -> tuple[str, str]:
    place, colon, text = section.partition(":")
    known = place.strip().lower()
    return (known, text.strip()) if colon and known in NAMED_REGIONS and not text.startswith(":") else ("", section)


def _weighted(prompt: str) -> list[Part]:
    parts: list[Part] = []
    start = 0
    for match in _MULTI.finditer(prompt):
        parts.append(Part(prompt[start : match.start()].strip(), float(match[1] or 1)))
        start = match.end()
    rest = prompt[start:].strip()
    if rest or not parts:
        parts.append(Part(rest))
    if sum(part.weight for part in parts) <= 0:
        raise RefusedError("The weights of this prompt cancel each other out; let those above zero weigh more.")
    return parts


def weighted_words(text: str) -> list[tuple[str, float]]:
    """Return the pieces of a text with their weights.

    `(x)` counts 1.1 times, `[x]` 1/1.1 times, `(x:1.3)` 1.3 times, nested ones multiply; a backslash keeps a bracket
    as it is, and so does a bracket without its partner.
    """
    pieces: list[tuple[str, float]] = []
    opened: list[tuple[str, int]] = []

    def multiply(start: int, factor: float) -> None:
        pieces[start:] = [(piece, weight * factor) for piece, weight in pieces[start:]]

    for match in _BRACKETS.finditer(text):
        token = match[0]
        closes = {")": "(", "]": "["}.get(token[-1]) if token[0] != "\\" else None
        if token in ("(", "["):
            opened.append((token, len(pieces)))
            pieces.append((token, 1.0))
        elif closes and opened and opened[-1][0] == closes:
            _, start = opened.pop()
            del pieces[start]
            multiply(start, float(match[1]) if match[1] else STEP if closes == "(" else 1 / STEP)
        else:
            pieces.append((token[1:] if token[0] == "\\" and len(token) > 1 else token, 1.0))
    return _joined(pieces)


def _joined(pieces: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Return the pieces with neighbours of one weight as one."""
    joined: list[tuple[str, float]] = []
    for piece, weight in pieces:
        if joined and joined[-1][1] == weight:
            joined[-1] = (joined[-1][0] + piece, weight)
        else:
            joined.append((piece, weight))
    return joined
