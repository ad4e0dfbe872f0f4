"""Make a database in which many servers have painted for two years, to see whether the gallery is still fast.

Written with plain sqlite3, because a million rows through the stores would take hours. The same seed makes the same
rows; their moments end at now.
"""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from bot.core.audience import Audience
from bot.creations.search_index import indexed
from bot.database.engine import migrate
from bot.settings.models import STAR
from bot.stats.models import KINDS
from engine.api.messages import GenerationParameters

SPAN = timedelta(days=730)
# Snowflakes are large; those of guilds and members must not look like row ids.
GUILDS, MEMBERS, MESSAGES = 10**17, 2 * 10**17, 3 * 10**17
# The guild with the most pictures.
LARGEST = GUILDS
THINGS = ["fox", "owl", "castle", "boat", "lighthouse", "dragon", "garden", "robot", "cat", "bridge", "whale", "piano"]
LOOKS = ["red", "blue", "golden", "tiny", "ancient", "glowing", "wooden", "frozen", "quiet", "giant"]
PLACES = ["forest", "city", "desert", "harbour", "meadow", "library", "canyon", "village"]
# In every second prompt, and in one of 5,000 each.
COMMON, RARE_WORDS = "light", 5_000
# Every server's styles: of every tenth picture, and of one of some thousands.
STYLES = ("ink", "dusk")
# So many challenges have had their time in each server; every tenth request was entered in one.
CHALLENGES, ENTERED = 24, 10
EMOJIS = (STAR, "🔥", "🎨", "👀")


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many there are of what, and what chance makes of it."""

    servers: int = 200
    creations: int = 1_000_000
    reactions: int = 5_000_000
    seed: int = 1


async def make(path: Path, crowd: Crowd) -> None:
    """Write the database into a new file."""
    await migrate(f"sqlite+aiosqlite:///{path}")
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-400000", "foreign_keys=OFF"):
        connection.execute(f"PRAGMA {pragma}")
    # Indexes are made faster of all rows than row by row.
    indexes = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql <> ''").fetchall()
    connection.execute("BEGIN")
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    _Writer(connection, crowd).write()
    for _, statement in indexes:
        connection.execute(statement)
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()


class _Writer:
    def __init__(self, connection: sqlite3.Connection, crowd: Crowd) -> None:
        self._connection = connection
        self._chance = chance = np.random.default_rng(crowd.seed)
        self._start = datetime.now(UTC) - SPAN
        # Sizes as Zipf found them: the second server is half as large as the first, the third a third.
        sizes = 1 / np.arange(1, crowd.servers + 1)
        self._sizes = sizes / sizes.sum()
        self._members = np.maximum(20, self._sizes * crowd.creations / 40).astype(int)
        # A request has one, two or four pictures.
        counts = chance.choice([1, 2, 4], crowd.creations, p=[0.5, 0.3, 0.2])
        ends = np.cumsum(counts)
        self._counts = counts[: int(np.searchsorted(ends, crowd.creations)) + 1]
        self._counts[-1] -= self._counts.sum() - crowd.creations
        self._firsts = np.cumsum(self._counts) - self._counts + 1
        jobs = len(self._counts)
        self._guilds = chance.choice(crowd.servers, jobs, p=self._sizes)
        # A few members make most of it.
        self._makers = (self._members[self._guilds] * chance.random(jobs) ** 4).astype(int)
        self._kinds = chance.choice(3, jobs, p=[0.65, 0.25, 0.1])
        # In the largest server hardly anybody repaints: what is rare must be found fast too.
        rare = (self._guilds == 0) & (self._kinds == 1) & (chance.random(jobs) > 0.001)
        self._kinds[rare] = 0
        self._styles = np.random.default_rng(crowd.seed).choice(3, jobs, p=[0.8995, 0.1, 0.0005])
        members = self._members[self._guilds]
        self._fans = (members * chance.random(jobs)).astype(int)
        self._likes = self._liked(crowd.reactions, chance.pareto(1.5, jobs) + 0.05, len(EMOJIS) * members)
        likers = np.minimum(self._likes, members)
        self._scores = likers - ((self._makers - self._fans) % members < likers)

    def _liked(self, reactions: int, weights: Any, most: Any) -> Any:
        """Return how many reactions every job has; what is too much for its server goes to others."""
        likes = np.zeros_like(most)
        while rest := reactions - int(likes.sum()):
            weights = weights * (likes < most)
            likes = np.minimum(likes + self._chance.multinomial(rest, weights / weights.sum()), most)
        return likes

    def write(self) -> None:
        everybody = [(guild, member) for guild, count in enumerate(self._members) for member in range(count)]
        moment = _moment(self._start)
        self._insert("guilds", ("id", "settings", "created_at"), self._rows_of_guilds(moment))
        columns = ("id", "preferences", "created_at")
        self._insert("members", columns, ((_member(*each), "{}", moment) for each in everybody))
        columns = ("id", "guild_id", "channels", "is_restricted", "is_recorded")
        self._insert("origins", columns, self._rows_of_origins())
        columns = ("id", "user_id", "guild_id", "channel_id", "message_id", "interaction_token", "request", "image_key")
        columns = (*columns, "mask_key", "note", "status", "attempts", "reason", "created_at", "started_at")
        self._insert("jobs", (*columns, "finished_at", "delivered_at", "parent_id", "origin_id"), self._rows_of_jobs())
        columns = ("id", "guild_id", "user_id", "name", "words", "negative_words", "created_at")
        self._insert("styles", columns, self._rows_of_styles(moment))
        columns = ("id", "job_id", "guild_id", "channel_id", "message_id", "user_id", "request", "seed", "model")
        columns = (*columns, "width", "height", "file_key", "created_at", "deleted_at", "score", "kind", "style")
        columns = (*columns, "origin_id")
        self._insert("creations", columns, self._rows_of_creations())
        self._insert("creation_words", ("rowid", "words"), self._rows_of_words())
        columns = ("id", "guild_id", "channel_id", "user_id", "title", "theme", "rules", "kind", "ballot", "starts_at")
        columns = (*columns, "ends_at", "voting_ends_at", "entries_each", "member_days", "role_id", "image_key")
        columns = (*columns, "mask_key", "every_days", "themes", "state", "shown_state", "reason", "created_at")
        self._insert("challenges", columns, self._rows_of_challenges(moment))
        columns = ("challenge_id", "creation_id", "user_id", "place", "votes", "disqualified", "created_at")
        self._insert("entries", columns, self._rows_of_entries())
        columns = ("message_id", "user_id", "emoji", "created_at")
        self._insert("reactions", columns, self._rows_of_reactions(moment))
        self._insert("favourites", ("user_id", "creation_id", "created_at"), self._rows_of_favourites(moment))

    def _insert(self, table: str, columns: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> None:
        marks = ", ".join("?" * len(columns))
        self._connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)  # noqa: S608

    def _rows_of_guilds(self, moment: str) -> Iterator[tuple[Any, ...]]:
        return ((GUILDS + guild, "{}", moment) for guild in range(len(self._members)))

    def _rows_of_origins(self) -> Iterator[tuple[Any, ...]]:
        return ((guild + 1, GUILDS + guild, str(GUILDS + guild), 0, 1) for guild in range(len(self._members)))

    def _jobs(self) -> Iterator[tuple[int, int, int, str]]:
        """Yield number, guild, maker and moment of every job."""
        step = SPAN / len(self._counts)
        for number, (guild, maker) in enumerate(zip(self._guilds.tolist(), self._makers.tolist(), strict=True)):
            yield number, guild, _member(guild, maker), _moment(self._start + number * step)

    def _rows_of_jobs(self) -> Iterator[tuple[Any, ...]]:
        parents = self._parents()
        for number, guild, maker, moment in self._jobs():
            image, mask = (("", ""), ("1.png", "2.png"), ("1.png", ""))[self._kinds[number]]
            place = (GUILDS + guild, GUILDS + guild, MESSAGES + number, "token", _request(number))
            ended = ("succeeded", 0, "", moment, moment, moment, moment, parents[number], guild + 1)
            yield number + 1, maker, *place, image, mask, "", *ended

    def _parents(self) -> list[int | None]:
        """Return what every third job goes on from: an earlier picture of its server."""
        parents: list[int | None] = [None] * len(self._counts)
        for guild in range(len(self._members)):
            jobs = np.flatnonzero(self._guilds == guild)
            places = np.arange(len(jobs))
            chosen = jobs[(places * self._chance.random(len(jobs))).astype(int)]
            for job, parent, place, chance in zip(jobs, chosen, places, self._chance.random(len(jobs)), strict=True):
                if place and chance < 1 / 3:
                    parents[job] = int(self._firsts[parent])
        return parents

    def _pictures(self) -> Iterator[tuple[int, int, int, int, str]]:
        """Yield id, job, guild, maker and moment of every creation."""
        for number, guild, maker, moment in self._jobs():
            for picture in range(self._counts[number]):
                yield int(self._firsts[number]) + picture, number, guild, maker, moment

    def _rows_of_creations(self) -> Iterator[tuple[Any, ...]]:
        deleted = self._chance.random(int(self._counts.sum()) + 1) < 0.02
        for row_id, job, guild, maker, moment in self._pictures():
            place = (GUILDS + guild, GUILDS + guild, MESSAGES + job, maker, _request(job))
            picture = (row_id, "starter", 512, 512, f"{row_id:064x}.png", moment)
            found = (moment if deleted[row_id] else None, int(self._scores[job]), KINDS[self._kinds[job]])
            found = (*found, (None, *STYLES)[self._styles[job]], guild + 1)
            yield row_id, job + 1, *place, *picture, *found

    def _rows_of_styles(self, moment: str) -> Iterator[tuple[Any, ...]]:
        for guild in range(len(self._members)):
            for number, name in enumerate(STYLES):
                yield style(number, guild), GUILDS + guild, 0, name, name, "", moment

    def _rows_of_challenges(self, moment: str) -> Iterator[tuple[Any, ...]]:
        for guild in range(len(self._members)):
            for number in range(CHALLENGES):
                asked = (GUILDS + guild, GUILDS + guild, _member(guild, 0), "Weekly", f"theme {number}", "", "prompt")
                times = ("stars", moment, moment, moment, 1, 0, 0, "", "", 0, "[]", "closed", "closed", "", moment)
                yield challenge(number, guild), *asked, *times

    def _rows_of_entries(self) -> Iterator[tuple[Any, ...]]:
        """Enter the first picture of every tenth request in the challenge of its time."""
        for number, guild, maker, moment in self._jobs():
            if number % ENTERED == 0:
                nth = number * CHALLENGES // len(self._counts)
                yield challenge(nth, guild), int(self._firsts[number]), maker, 0, 0.0, "", moment

    def _rows_of_words(self) -> Iterator[tuple[Any, ...]]:
        return ((row_id, indexed(GUILDS + guild, prompt(job))) for row_id, job, guild, _, _ in self._pictures())

    def _rows_of_reactions(self, moment: str) -> Iterator[tuple[Any, ...]]:
        members = self._members[self._guilds].tolist()
        for number, (guild, fan, count) in enumerate(
            zip(self._guilds.tolist(), self._fans.tolist(), self._likes.tolist(), strict=True)
        ):
            # Who likes it a second time does so with another emoji.
            for nth in range(count):
                again, person = divmod(nth, members[number])
                liker = _member(guild, (fan + person) % members[number])
                yield MESSAGES + number, liker, EMOJIS[again], moment

    def _rows_of_favourites(self, moment: str) -> Iterator[tuple[Any, ...]]:
        """Let the first member of every server have a tenth of its pictures for favourites, others a few."""
        for number, guild in enumerate(self._guilds.tolist()):
            first = int(self._firsts[number])
            if number % 5 == 0:
                yield _member(guild, 0), first, moment
            if self._likes[number] > 20:
                yield _member(guild, 1 + number % (int(self._members[guild]) - 1)), first, moment


def viewer(number: int = 0) -> Audience:
    """Return what a member of the largest guild may see: its one channel, which is numbered as the guild is."""
    return Audience(frozenset({LARGEST}), user_id=member(number))


def prompt(job: int) -> str:
    """Return the words of a job."""
    words = f"a {LOOKS[job % 10]} {THINGS[job % 12]} in a {PLACES[job % 8]}, rare{job * 7919 % RARE_WORDS}"
    return f"{words}, soft {COMMON}" if job % 2 else words


def member(number: int) -> int:
    """Return a member of the largest guild, 0 for who made most and likes most."""
    return _member(0, number)


def style(number: int, guild: int = 0) -> int:
    """Return the id of one of the styles of a guild, by default the largest."""
    return 1 + guild * len(STYLES) + number


def challenge(number: int, guild: int = 0) -> int:
    """Return the id of one of the challenges of a guild, by default the largest, the first of all in front."""
    return 1 + guild * CHALLENGES + number


def _member(guild: int, number: int) -> int:
    return MEMBERS + guild * 10**6 + number


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def _request(job: int) -> str:
    return json.dumps(asdict(GenerationParameters(prompt(job))))
