"""States kept as text: rows as earlier versions wrote them, by SQL, are read, filtered and updated."""

import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.challenges.store import ChallengeStore
from bot.config import Settings
from bot.database.engine import create_database, migrate
from bot.database.states import Ballot, CaseKind, ChallengeKind, ChallengeState, JobStatus, RuleKind, Verdict
from bot.jobs.store import JobStore
from bot.moderation.case_store import CaseStore
from bot.moderation.models import Case
from bot.privacy.store import PrivacyStore
from bot.prompt_rules.store import RuleStore

GUILD, MEMBER = 10, 20
THEN = "2026-01-01 00:00:00.000000"
JOB = f"""
INSERT INTO jobs (user_id, guild_id, channel_id, message_id, interaction_token, request, image_key, mask_key, note,
                  status, attempts, reason, created_at)
VALUES ({MEMBER}, {GUILD}, 1, 1, '', '{{"prompt": "a fox"}}', '', '', '', :status, 0, '', '{THEN}')
"""
CHALLENGE = f"""
INSERT INTO challenges (guild_id, channel_id, user_id, title, theme, rules, kind, ballot, starts_at, ends_at,
                        voting_ends_at, entries_each, member_days, role_id, image_key, mask_key, every_days, themes,
                        state, shown_state, reason, created_at)
VALUES ({GUILD}, 1, {MEMBER}, 'foxes', '', '', :kind, :ballot, '{THEN}', '{THEN}', '{THEN}', 1, 0, 0, '', '', 0,
        '["snow"]', :state, :shown_state, '', '{THEN}')
"""
CASE = f"""
INSERT INTO cases (guild_id, kind, about_user_id, by_user_id, reason, verdict, decided_by, why, channel_id,
                   created_at)
VALUES ({GUILD}, :kind, {MEMBER}, 0, '', :verdict, 0, '', 0, '{THEN}')
"""
RULE = f"""
INSERT INTO prompt_rules (guild_id, kind, text, created_by, created_at)
VALUES ({GUILD}, :kind, 'fox', {MEMBER}, '{THEN}')
"""
# The texts that the first versions wrote; a text may be added here, never changed.
JOBS = ["queued", "running", "succeeded", "failed", "cancelled"]
CHALLENGES = [
    ("prompt", "stars", "planned", None),
    ("canvas", "pairs", "open", "planned"),
    ("relay", "stars", "voting", "voting"),
    ("prompt", "pairs", "closed", "closed"),
    ("canvas", "stars", "cancelled", "open"),
]
CASES = [
    ("report", None),
    ("hold", "approve"),
    ("appeal", "remove"),
    ("command", "warn"),
    ("command", "block"),
    ("command", "unblock"),
    ("command", "purge"),
]
RULES = ["words", "regex"]


async def write(database: AsyncEngine, statement: str, **values: object) -> None:
    async with database.begin() as connection:
        await connection.execute(text(statement), values)


async def texts(database: AsyncEngine, query: str) -> list[tuple[str | None, ...]]:
    async with database.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(query))]


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[AsyncEngine]:
    await migrate(settings.database)
    database = create_database(settings.database)
    await write(database, f"INSERT INTO guilds (id, settings, created_at) VALUES ({GUILD}, '{{}}', '{THEN}')")
    await write(database, f"INSERT INTO members (id, preferences, created_at) VALUES ({MEMBER}, '{{}}', '{THEN}')")
    for status in JOBS:
        await write(database, JOB, status=status)
    for kind, ballot, state, shown_state in CHALLENGES:
        await write(database, CHALLENGE, kind=kind, ballot=ballot, state=state, shown_state=shown_state)
    for kind, verdict in CASES:
        await write(database, CASE, kind=kind, verdict=verdict)
    for kind in RULES:
        await write(database, RULE, kind=kind)
    yield database
    await database.dispose()


@pytest.mark.both_databases
async def test_jobs_of_an_earlier_version(database: AsyncEngine) -> None:
    store = JobStore(database)
    assert [(await store.job(number)).status for number in range(1, 6)] == list(JobStatus)  # pyright: ignore[reportOptionalMemberAccess]
    for status in JobStatus:
        [job] = await store.jobs(status)
        assert job.status is status
    assert [job.id for job in await store.undelivered_jobs()] == [3, 4, 5]
    assert [job.id for job in await store.unfinished_jobs(MEMBER)] == [1, 2]
    started = await store.start_job(1)
    assert started
    assert started.status is JobStatus.RUNNING
    assert await store.fail_job(started, "no reason")
    assert await texts(database, "SELECT status FROM jobs ORDER BY id") == [
        ("failed",),
        *((status,) for status in JOBS[1:]),
    ]


@pytest.mark.both_databases
async def test_challenges_of_an_earlier_version(database: AsyncEngine) -> None:
    store = ChallengeStore(database)
    read = [(each.kind, each.ballot, each.state, each.shown_state) for each in reversed(await store.newest(GUILD))]
    assert read == [
        (
            ChallengeKind(kind),
            Ballot(ballot),
            ChallengeState(state),
            None if shown is None else ChallengeState(shown),
        )
        for kind, ballot, state, shown in CHALLENGES
    ]
    assert all(isinstance(each, ChallengeKind | Ballot | ChallengeState | None) for row in read for each in row)
    assert [each.id for each in await store.unfinished()] == [5, 3, 2, 1]
    [planned] = await store.running(GUILD, ChallengeState.PLANNED)
    assert planned.due_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert await store.move(planned, ChallengeState.OPEN, shown_state=ChallengeState.OPEN)
    assert not await store.move(planned, ChallengeState.OPEN)
    voting = await store.extend(3, timedelta(days=1))
    assert voting
    assert voting.state is ChallengeState.VOTING
    assert voting.ends_at < voting.voting_ends_at
    assert await store.close(voting, [], None)
    assert await texts(database, "SELECT kind, ballot, state, shown_state FROM challenges ORDER BY id") == [
        ("prompt", "stars", "open", "open"),
        CHALLENGES[1],
        ("relay", "stars", "closed", None),
        *CHALLENGES[3:],
    ]


@pytest.mark.both_databases
async def test_cases_of_an_earlier_version(database: AsyncEngine) -> None:
    store = CaseStore(database)

    def states(cases: list[Case]) -> list[tuple[CaseKind, Verdict | None]]:
        return [(each.kind, each.verdict) for each in reversed(cases)]

    read = states(await store.log(GUILD, MEMBER, 0))
    assert read == [(CaseKind(kind), Verdict(verdict) if verdict else None) for kind, verdict in CASES]
    assert all(isinstance(each, CaseKind | Verdict | None) for row in read for each in row)
    [report] = await store.not_posted()
    assert report.kind is CaseKind.REPORT
    assert await store.decide(report, 1, Verdict.REMOVE, "")
    assert not await store.decide(report, 1, Verdict.APPROVE, "")
    await store.add_decided(GUILD, MEMBER, 1, Verdict.UNBLOCK, "")
    assert await texts(database, "SELECT kind, verdict FROM cases ORDER BY id") == [
        ("report", "remove"),
        *CASES[1:],
        ("command", "unblock"),
    ]


@pytest.mark.both_databases
async def test_rules_of_an_earlier_version(database: AsyncEngine) -> None:
    store = RuleStore(database)
    [words, expression] = await store.rules(GUILD)
    assert words.kind is RuleKind.WORDS
    assert expression.kind is RuleKind.REGEX
    await store.add(GUILD, MEMBER, RuleKind.REGEX, ["f.x"])
    assert await texts(database, "SELECT kind FROM prompt_rules ORDER BY id") == [("words",), ("regex",), ("regex",)]


async def test_a_member_is_given_states_as_text(database: AsyncEngine) -> None:
    given = await PrivacyStore(database).everything(MEMBER)
    export = json.loads(json.dumps(given, default=str))
    assert {each["status"] for each in export["jobs"]} == set(JOBS)
    assert {(each["kind"], each["verdict"]) for each in export["cases"]} == set(CASES)


@pytest.mark.both_databases
async def test_a_job_whose_status_is_unknown_stops_none_after_it(
    database: AsyncEngine, caplog: pytest.LogCaptureFixture
) -> None:
    await write(database, "UPDATE jobs SET status = 'paused' WHERE id = 4")
    store = JobStore(database)
    with caplog.at_level(logging.ERROR):
        for _ in range(2):
            assert [job.id for job in await store.undelivered_jobs()] == [3, 5]
    assert caplog.text.count("job 4 can't be read") == 1
    assert ("paused",) in await texts(database, "SELECT status FROM jobs")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE challenges SET state = 'paused' WHERE id = 1",
        "UPDATE cases SET kind = 'paused' WHERE id = 1",
        "UPDATE prompt_rules SET kind = 'paused' WHERE id = 1",
    ],
)
async def test_another_state_that_is_unknown_is_an_error(database: AsyncEngine, change: str) -> None:
    await write(database, change)

    async def read() -> None:
        await ChallengeStore(database).newest(GUILD)
        await CaseStore(database).log(GUILD, 0, 0)
        await RuleStore(database).rules(GUILD)

    with pytest.raises(LookupError, match="'paused' is not among the defined enum values"):
        await read()
