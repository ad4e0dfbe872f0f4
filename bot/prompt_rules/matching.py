"""Matching of prompt rules against texts of members, including disguised spellings.

A rule is a sequence of words or a regular expression. Words are compared as skeletons, after Unicode Technical
Standard 39: invisible characters and marks over letters are dropped, letters that look alike are mapped to one, and
case is folded. The pattern of a rule's words also matches digits in place of letters, a letter repeated three or more
times in place of one or two, and punctuation or spaces between single letters. A letter that is only doubled does not
match a single one, because “good” is not “god”.
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
# Texts about as long as the longest prompt and negative prompt; a rule that is too slow on one of them is rejected.
PROBES = ("a" * 1000 + "!", "a1 " * 300 + "!", " " * 1000 + "!", "a fox in the snow, " * 50)
MIN_SPELLED_OUT = 3

LOOKALIKES = {"a": "4@", "e": "3", "i": "1!|", "l": "1|", "o": "0", "s": "5$", "t": "7"}
# Invisible characters, and combining marks, except those that are vowels of their script.
_INVISIBLE = regex.compile(
    r"[\p{Default_Ignorable_Code_Point}\p{Cc}--\s]|[\p{M}&&\p{Script=Inherited}]|(?<=\p{Latin})\p{M}", regex.V1
)
# Scripts that do not separate words by spaces.
_SCRIPTS_WITHOUT_SPACES = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
_WORD = regex.compile(r"[^\W_]+")
_SEPARATORS = r"[\W_]{1,3}"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a server: words or a regular expression that prompts may not contain."""

    id: int
    guild_id: int
    kind: RuleKind
    text: str
    created_by: int
    created_at: datetime


class RuleError(ValueError):
    """The text is not a valid rule: it has no words, or is an invalid or too slow regular expression."""


class TooSlowError(Exception):
    """The search for a rule took longer than SECONDS."""

    def __init__(self, rule: Rule) -> None:
        super().__init__(f"rule {rule.id} takes more than {SECONDS} s: {rule.text}")
        self.rule = rule


def skeleton(text: str) -> str:
    """Return the skeleton of a text, in lower case; see the module docstring."""
    visible = _INVISIBLE.sub("", unicodedata.normalize("NFKD", text))
    return "".join(_ascii_lookalike(letter) for letter in visible.casefold())


def check_rule(kind: RuleKind, text: str) -> None:
    """Raise RuleError if the text is not a valid rule of this kind. Blocks for up to 0.2 s: call from a thread."""
    try:
        pattern = _pattern(kind, text)
        for probe in PROBES:
            pattern.search(probe, timeout=SECONDS, concurrent=True)
    except (regex.error, TimeoutError, ValueError) as error:
        raise RuleError(str(error)) from error
    if pattern.search(""):
        raise RuleError("it is in every text")


def broken_rule(rules: Iterable[Rule], *texts: str) -> Rule | None:
    """Return the first rule that one of the texts breaks, or None.

    Raises TooSlowError. Blocks for up to SECONDS per rule and spelling: call from a thread.
    """
    all_spellings = [(text, *_skeletons(text)) for text in texts if text]
    for rule in rules:
        pattern = _pattern(rule.kind, rule.text)
        for spellings in all_spellings:
            if any(_is_in(rule, pattern, text) for text in spellings[rule.kind is RuleKind.WORDS :]):
                return rule
    return None


def _is_in(rule: Rule, pattern: regex.Pattern[str], text: str) -> bool:
    try:
        found = list(pattern.finditer(text, timeout=SECONDS, concurrent=True))
    except TimeoutError as error:
        raise TooSlowError(rule) from error
    # A number is not a word, although each of its digits could stand for a letter.
    return any(rule.kind is RuleKind.REGEX or regex.search(r"\p{L}", each[0]) for each in found)


def _skeletons(text: str) -> set[str]:
    """Return the skeletons of a text, with lookalikes mapped before and after case folding.

    Some letters look like another only as capitals.
    """
    return {skeleton(text), skeleton("".join(map(_ascii_lookalike, text)))}


@lru_cache(10_000)
def _ascii_lookalike(letter: str) -> str:
    """Return the ASCII letter or digit that a character looks like, or the character itself if there is none."""
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
    phrase = r"[\W_]+".join("".join(_letter_patterns(word)) for word in words)
    letters = "".join(words)
    if len(letters) >= MIN_SPELLED_OUT:
        phrase = f"(?:{phrase}|{_SEPARATORS.join(_letter_pattern(letter) + '+' for letter in letters)})"
    return regex.compile(f"{_word_boundary('(?<!', letters[0])}{phrase}{_word_boundary('(?!', letters[-1])}")


def _word_boundary(look: str, letter: str) -> str:
    """Return a lookaround for the begin or end of a word, or nothing for scripts without spaces between words.

    `look` is the opening of the lookaround: `(?<!` or `(?!`.
    """
    return "" if regex.match(_SCRIPTS_WITHOUT_SPACES, letter) else rf"{look}[^\W_])"


def _letter_patterns(word: str) -> Iterator[str]:
    for letter, run in groupby(word):
        count, one = len(list(run)), _letter_pattern(letter)
        yield {1: f"{one}(?:{one}{{2,}})?", 2: f"{one}{{2,}}"}.get(count, f"{one}{{3,}}")


def _letter_pattern(letter: str) -> str:
    return f"[{letter}{LOOKALIKES[letter]}]" if letter in LOOKALIKES else regex.escape(letter)
