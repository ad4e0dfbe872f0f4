"""Rules of what prompts may not say, and finding them in what members write, however it is disguised.

A rule is words, which are looked for one after the other, or a regular expression. Words are compared as skeletons,
after Unicode's Technical Standard 39: what can't be seen and what is put over letters is dropped, letters that look
alike are one, and so are capitals and small letters. What a rule's words may become beyond that stands in its pattern:
digits for letters, a letter three times or more for one or two, and signs between single letters. A letter that is
merely doubled stays what it is, because “good” is not “god”.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import groupby

import regex
from confusable_homoglyphs import confusables

from bot.database.states import RuleKind

SECONDS = 0.05
# So long are a prompt and what it shall not show, at most.
PROBES = ("a" * 1000 + "!", "a1 " * 300 + "!", " " * 1000 + "!", "a fox in the snow, " * 50)
SHORTEST_SPELLED = 3

LOOKALIKES = {"a": "4@", "e": "3", "i": "1!|", "l": "1|", "o": "0", "s": "5$", "t": "7"}
# What isn't seen; and marks over letters, but not those that are vowels in their script.
_UNSEEN = regex.compile(
    r"[\p{Default_Ignorable_Code_Point}\p{Cc}--\s]|[\p{M}&&\p{Script=Inherited}]|(?<=\p{Latin})\p{M}", regex.V1
)
# Between such letters nobody writes a space.
_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
_WORD = regex.compile(r"[^\W_]+")
_SIGNS = r"[\W_]{1,3}"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a server doesn't want in prompts."""

    id: int
    guild_id: int
    kind: RuleKind
    text: str
    created_by: int
    created_at: datetime


class RuleError(ValueError):
    """The text is no rule: no regular expression, or one that takes too long, or no words."""


class TooSlowError(Exception):
    """A rule could not be looked for in time."""

    def __init__(self, rule: Rule) -> None:
        super().__init__(f"rule {rule.id} takes more than {SECONDS} s: {rule.text}")
        self.rule = rule


def skeleton(text: str) -> str:
    """Return a text as one sees it: small letters of their plainest look; see the top of this file."""
    seen = _UNSEEN.sub("", unicodedata.normalize("NFKD", text))
    return "".join(_plainest(letter) for letter in seen.casefold())


def check_rule(kind: RuleKind, text: str) -> None:
    """Raise RuleError where a text is no rule of its kind. Takes up to 0.2 s: call from a thread."""
    try:
        pattern = _pattern(kind, text)
        for probe in PROBES:
            pattern.search(probe, timeout=SECONDS, concurrent=True)
    except (regex.error, TimeoutError, ValueError) as error:
        raise RuleError(str(error)) from error
    if pattern.search(""):
        raise RuleError("it is in every text")


def broken_rule(rules: Iterable[Rule], *texts: str) -> Rule | None:
    """Return the first rule that one of the texts breaks. Raises TooSlowError. Takes long: call from a thread."""
    written = [(text, *_skeletons(text)) for text in texts if text]
    for rule in rules:
        pattern = _pattern(rule.kind, rule.text)
        for writings in written:
            if any(_is_in(rule, pattern, text) for text in writings[rule.kind is RuleKind.WORDS :]):
                return rule
    return None


def _is_in(rule: Rule, pattern: regex.Pattern[str], text: str) -> bool:
    try:
        found = list(pattern.finditer(text, timeout=SECONDS, concurrent=True))
    except TimeoutError as error:
        raise TooSlowError(rule) from error
    # A number is no word, though each of its digits might stand for a letter.
    return any(rule.kind is RuleKind.REGEX or regex.search(r"\p{L}", each[0]) for each in found)


def _skeletons(text: str) -> set[str]:
    """Return what a text may look like: some letters look like another only while they are capitals."""
    return {skeleton(text), skeleton("".join(map(_plainest, text)))}


@lru_cache(10_000)
def _plainest(letter: str) -> str:
    """Return the letter or digit of ASCII that a character of another script looks like, or itself."""
    if letter.isascii():
        return letter
    found = confusables.confusables_data.get(letter, ())
    return next((each["c"] for each in found if each["c"].isascii() and each["c"].isalnum()), letter)


@lru_cache(5_000)
def _pattern(kind: RuleKind, text: str) -> regex.Pattern[str]:
    if kind is RuleKind.REGEX:
        return regex.compile(text, regex.IGNORECASE)
    words = _WORD.findall(skeleton(text))
    if not words:
        raise RuleError("it has no words")
    phrase = r"[\W_]+".join("".join(_letters(word)) for word in words)
    letters = "".join(words)
    if len(letters) >= SHORTEST_SPELLED:
        phrase = f"(?:{phrase}|{_SIGNS.join(_letter(letter) + '+' for letter in letters)})"
    return regex.compile(f"{_edge('(?<!', letters[0])}{phrase}{_edge('(?!', letters[-1])}")


def _edge(look: str, letter: str) -> str:
    """Return what stands where a word begins or ends: no more of it, in scripts that part words."""
    return "" if regex.match(_UNSPACED, letter) else rf"{look}[^\W_])"


def _letters(word: str) -> Iterator[str]:
    for letter, run in groupby(word):
        count, one = len(list(run)), _letter(letter)
        yield {1: f"{one}(?:{one}{{2,}})?", 2: f"{one}{{2,}}"}.get(count, f"{one}{{3,}}")


def _letter(letter: str) -> str:
    return f"[{letter}{LOOKALIKES[letter]}]" if letter in LOOKALIKES else regex.escape(letter)
