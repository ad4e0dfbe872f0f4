"""Cards and commands hold Discord's limits, at the longest texts, the widest grid and the deepest lineage."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

import discord
import pytest
from jsonschema import Draft202012Validator

from bot.challenges.ballot_views import compared_card, pair_card, stars_card
from bot.challenges.models import Ballot, Challenge, ChallengeKind, Entry
from bot.challenges.store import LISTED
from bot.challenges.views import (
    EnterSelect,
    IntoSelect,
    WithdrawSelect,
    announcement_card,
    challenges_card,
    choice_card,
    podium_card,
)
from bot.consent.views import permit_card, permitted_card
from bot.core.i18n import CATALOGUES, ENGLISH, _, use_language
from bot.core.message_ref import MessageRef
from bot.creations.models import Creation, Family, Kind, MemberStats
from bot.critiques.models import LONGEST, Critique
from bot.critiques.views import SHOWN, CritiqueModal, critiques_card, told_card
from bot.database.states import CaseKind, ChallengeState, JobStatus, Verdict
from bot.digest.service import MOST
from bot.digest.views import digest_card
from bot.drafts.modals import RewordModal, SayModal
from bot.drafts.models import Draft
from bot.drafts.views import DraftPreview, draft_card, pick_card
from bot.gallery.filter_store import MOST as FILTERS_MOST
from bot.gallery.filter_views import FilterModal
from bot.gallery.models import NO_FILTERS, Browsing, Filters, GalleryView, Page
from bot.gallery.views import gallery_card, web_card
from bot.jobs.models import Job, JobAllowance, QueueStatus
from bot.jobs.queue_views import line_card
from bot.jobs.result_views import creation_card, removal_card
from bot.jobs.views import (
    cancelled_card,
    failed_card,
    held_card,
    progress_card,
    removed_card,
    result_card,
    waiting_card,
)
from bot.leaderboard.models import Board, Ranked, Season
from bot.leaderboard.views import leaderboard_card
from bot.limits.models import ServerUse, Today
from bot.moderation.case_store import LISTED as CASES_LISTED
from bot.moderation.models import Case
from bot.moderation.purge_views import purge_card
from bot.moderation.views import LABELS, VerdictModal, case_card, log_card, verdict_message
from bot.panels.limits_views import limits_card
from bot.panels.safety_views import safety_card
from bot.panels.settings_views import Choosable, server_card, settings_card
from bot.platform.command_translator import CommandTexts
from bot.privacy.views import forget_card
from bot.prompt_rules.matching import Rule, RuleKind
from bot.prompt_rules.views import RulesModal, rules_card
from bot.settings.models import GuildSettings, Preferences, WebAccess
from bot.showcase.views import showcase_card
from bot.stats.models import KINDS, Activity, Day
from bot.stats.views import stats_card
from bot.studio.details_views import creations_card, parameters_card
from bot.studio.help_cog import _texts  # pyright: ignore[reportPrivateUsage]
from bot.studio.ideas_views import prompts_view, weighed_title
from bot.studio.info_views import info_card
from bot.studio.modals import RemixModal, RepaintModal
from bot.styles.models import Style
from bot.styles.views import styles_card
from bot.ui.cards import WORKING, Upload, card
from bot.ui.modals import WordsModal
from engine.api.messages import GenerationParameters, Loading, Progress, Ready, World
from tests.support.server import Server

API = Path(__file__).resolve().parents[4] / "shared" / "discord-openapi.json"
SNOWFLAKE = 2**63 - 1
# Every character of it takes two once it is escaped.
LONG = "*" * 1000
SENTENCE = "word " * 50
LANGUAGES = [ENGLISH, *sorted(file.stem for file in CATALOGUES.glob("*.po"))]

pytestmark = pytest.mark.skipif(not API.is_file(), reason="Discord's API description does not lie beside the checkout")


def validator(schema: str) -> Draft202012Validator:
    description = json.loads(API.read_text())
    return Draft202012Validator({"$ref": f"#/components/schemas/{schema}", "components": description["components"]})


PLACE = MessageRef(SNOWFLAKE, SNOWFLAKE, SNOWFLAKE, "t" * 200)
PARAMETERS = GenerationParameters(LONG, LONG, scheduler="s" * 60, seed=2**32 - 1, num_images=4, model="m" * 100)
JOB = Job(
    SNOWFLAKE,
    PLACE,
    PARAMETERS,
    "k",
    "k",
    SENTENCE,
    id=SNOWFLAKE,
    status=JobStatus.FAILED,
    attempts=2,
    reason=SENTENCE,
    created_at=datetime.now(UTC),
    delivered=False,
)
CREATIONS = [
    Creation(
        SNOWFLAKE - n,
        1,
        1,
        SNOWFLAKE,
        "k",
        2**32,
        "m" * 100,
        9999,
        9999,
        datetime.now(UTC),
        True,
        10**6,
        SNOWFLAKE,
        SNOWFLAKE,
    )
    for n in range(20)
]
FAMILY = Family(tuple(CREATIONS[:6]), CREATIONS[6], tuple(CREATIONS[7:15]), 99)
DRAFT = Draft(SNOWFLAKE, PLACE, PARAMETERS, "k", "k", SENTENCE, id=SNOWFLAKE, feather=64, nonce="n")
SKETCH = DraftPreview(b"", 0.001, 999, SENTENCE, "https://atelier.example.org/paint/" + "a" * 300)
STYLES = [Style("n" * 32, LONG[:500], LONG[:500], True, "k") for _rest in range(40)]
CHOOSABLE = Choosable(["m" * 100] + [f"model{n}" for n in range(40)], [f"style{n}" for n in range(60)])
WORLD = World(("noun",) * 80, ("colour",) * 12, ("place",) * 12, ("style",) * 5, frozenset(), ("a long prompt",) * 12)
CHOSEN: dict[str, Any] = {"kind": Kind.REPAINTED, "days": 30, "style_id": 10**9, "challenge_id": 10**9}
BROWSING = Browsing(GalleryView.FAVOURITES, SNOWFLAKE, score=10**6, after=10**12, **CHOSEN)
SEARCH = Browsing(GalleryView.MEANING, score=10**6, after=10**12, words="*" * 40, **CHOSEN)
ALIKE = Browsing(GalleryView.ALIKE, score=10**6, after=10**12, like=10**12, **CHOSEN)
FILTERS = Filters(
    {10**9 - n: "_" * 32 for n in range(FILTERS_MOST)}, {10**9 - n: ("*" * 100, LONG) for n in range(FILTERS_MOST)}
)
READY = Ready("m" * 100, "a graphics card", "float16", 512)
MOMENT = datetime.now(UTC)
CHALLENGE = Challenge(
    id=SNOWFLAKE,
    guild_id=SNOWFLAKE,
    channel_id=SNOWFLAKE,
    user_id=SNOWFLAKE,
    title="*" * 80,
    theme="_" * 500,
    rules="*" * 500,
    kind=ChallengeKind.RELAY,
    ballot=Ballot.PAIRS,
    starts_at=MOMENT,
    ends_at=MOMENT,
    voting_ends_at=MOMENT,
    role_id=SNOWFLAKE,
    state=ChallengeState.CLOSED,
    shown_state=None,
    message_id=SNOWFLAKE,
    podium_message_id=None,
    reason="*" * 300,
)
CASES = [
    Case(
        SNOWFLAKE,
        SNOWFLAKE,
        kind,
        SNOWFLAKE,
        SNOWFLAKE,
        SNOWFLAKE,
        LONG,
        verdict,
        SNOWFLAKE,
        MOMENT,
        LONG[:300],
        1,
        1,
        False,
        MOMENT,
    )
    for kind in CaseKind
    for verdict in (None, Verdict.PURGE)
]
ENTRIES = [Entry(SNOWFLAKE + n, SNOWFLAKE, SNOWFLAKE, SNOWFLAKE, "k", n + 1, 999.0) for n in range(20)]
CRITIQUE = Critique(SNOWFLAKE, SNOWFLAKE, "*" * LONGEST, "_" * LONGEST, created_at=datetime.now(UTC), is_helpful=True)
SEASON = Season.of(MOMENT).before
DAYS = tuple(Day((MOMENT + timedelta(days=n)).date(), dict.fromkeys(KINDS, 10**6), 10**6) for n in range(90))
RULES = [Rule(SNOWFLAKE - n, SNOWFLAKE, RuleKind.REGEX, LONG[:200], SNOWFLAKE, MOMENT) for n in range(100)]
# Without chosen roles and channels: their ids go out as numbers, which Discord takes, but its description does not.
LIMITED = GuildSettings(pictures_a_server=2000, role_pictures=tuple((SNOWFLAKE - n, 9999) for n in range(25)))
FILES = tuple(Upload(f"{n}.png", b"", LONG) for n in range(4))


async def never(*_arguments: object) -> None:
    """What no test presses."""


def views() -> Iterator[discord.ui.LayoutView]:
    cards = [
        waiting_card(JOB, 10**6, Loading(SENTENCE, 0.5)),
        progress_card(JOB, Progress(1, 1, 100, 9999.0), b"preview"),
        result_card(JOB, CREATIONS[:4], FILES, SENTENCE),
        result_card(JOB, CREATIONS[:1], FILES[:1], SENTENCE),
        failed_card(JOB),
        cancelled_card(JOB),
        removed_card(JOB),
        creation_card(CREATIONS[0], FILES[0]),
        removal_card(CREATIONS[0]),
        creations_card(
            [(each, PARAMETERS) for each in CREATIONS[:4]],
            FAMILY,
            b"tree",
            {each.id: 10**6 for each in CREATIONS[:4]},
        ),
        critiques_card(CREATIONS[0], [CRITIQUE] * SHOWN, 10**6, SNOWFLAKE, has_older=True, moderator=True),
        critiques_card(CREATIONS[0], [CRITIQUE] * SHOWN, 10**6, 1, has_older=True, moderator=True),
        critiques_card(CREATIONS[0], [], 0, 1, has_older=False, moderator=False),
        told_card(CREATIONS[0], CRITIQUE),
        *(leaderboard_card(board, SEASON, [Ranked(10**6, n, 10**9) for n in range(20)], 19, MOMENT) for board in Board),
        leaderboard_card(Board.MAKERS, SEASON, [], 1, MOMENT),
        digest_card(CREATIONS[:MOST], FILES[0]),
        stats_card(Activity(DAYS, 10**6), b"plot"),
        stats_card(Activity(DAYS, 1), b"plot", SNOWFLAKE),
        stats_card(Activity(DAYS, 0), None),
        parameters_card("n" * 200, "*" * 4000),
        permit_card(CREATIONS[0], SNOWFLAKE),
        permitted_card(CREATIONS[0], SNOWFLAKE, is_allowed=True),
        permitted_card(CREATIONS[0], SNOWFLAKE, is_allowed=False),
        line_card(QueueStatus(99, 999, tuple((JOB, place) for place in range(25)), 16, 99.0)),
        draft_card(DRAFT, SKETCH),
        pick_card(DRAFT, SKETCH),
        styles_card(STYLES),
        settings_card(Preferences(), CHOOSABLE, manager=True),
        server_card(GuildSettings(), CHOOSABLE, 99),
        safety_card(GuildSettings()),
        forget_card(),
        held_card(JOB, CREATIONS[:4]),
        result_card(JOB, CREATIONS[:3], FILES[:3], SENTENCE, CREATIONS[:1]),
        *(case_card(each, CREATIONS[0], LONG, FILES[0]) for each in CASES),
        case_card(CASES[0], None, "", None),
        log_card(SNOWFLAKE, [CASES[-1]] * CASES_LISTED, is_first=False, has_older=True),
        *(verdict_message("*" * 100, SNOWFLAKE, each, LONG[:300], is_appeal=False) for each in LABELS),
        purge_card(SNOWFLAKE, 3650, 9999),
        limits_card(LIMITED, ServerUse(9999, ((SNOWFLAKE, 9999),) * 5)),
        info_card(
            MemberStats(9999, 9999, 9999, 9999, 9999),
            JobAllowance(99, 99, 99),
            Today(MOMENT, 9999, 9999, 9999, 9999),
            READY,
        ),
        gallery_card(BROWSING, Page(tuple(CREATIONS[:6]), True, True), tuple(FILES + FILES)[:6], FILTERS),
        gallery_card(SEARCH, Page(tuple(CREATIONS[:6]), True, True), tuple(FILES + FILES)[:6], FILTERS),
        gallery_card(ALIKE, Page(tuple(CREATIONS[:6]), True, True), tuple(FILES + FILES)[:6], FILTERS),
        gallery_card(
            replace(SEARCH, view=GalleryView.NEWEST), Page((), False, False), (), FILTERS, knows_meanings=True
        ),
        showcase_card(JOB, CREATIONS[0], FILES),
        *(web_card("https://atelier.example.org/gallery/" + "a" * 300, access) for access in WebAccess),
        *(announcement_card(replace(CHALLENGE, state=state), ENTRIES, FILES[0]) for state in ChallengeState),
        podium_card(CHALLENGE, ENTRIES, 99, FILES[0]),
        challenges_card([CHALLENGE] * LISTED),
        choice_card(LONG[:500], EnterSelect(SNOWFLAKE, CREATIONS), FILES),
        choice_card(LONG[:500], IntoSelect(SNOWFLAKE, [CHALLENGE] * 25)),
        choice_card(LONG[:500], WithdrawSelect(ENTRIES)),
        stars_card(CHALLENGE, ENTRIES, {SNOWFLAKE}, 1, FILES),
        pair_card(CHALLENGE, (ENTRIES[0], ENTRIES[1]), 9999, FILES[:2]),
        compared_card(CHALLENGE),
        rules_card(RULES, 2),
        rules_card([]),
        card(WORKING, *_texts(WORLD)),
        card(WORKING, *_texts(None)),
    ]
    yield from (each.view for each in cards)
    yield prompts_view("## Title", [LONG, LONG], SENTENCE, never)
    yield prompts_view(weighed_title([("word", 0.01)] * 100), ["word " * 99] * 3, SENTENCE, never)


def texts(parts: Any) -> Iterator[str]:
    for part in parts:
        yield part.get("content", "")
        yield from texts([*part.get("components", []), *filter(None, [part.get("accessory")])])


def count(parts: Any) -> int:
    return sum(1 + count([*part.get("components", []), *filter(None, [part.get("accessory")])]) for part in parts)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_card_is_one_that_discord_takes(language: str) -> None:
    message = validator("IncomingWebhookUpdateForInteractionCallbackRequestPartial")
    with use_language(language):
        shown = [view.to_components() for view in views()]
    for components in shown:
        message.validate({"components": components})
        assert count(components) <= 40
        assert sum(map(len, texts(components))) <= 4000, next(filter(None, texts(components)))[:60]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_modal_is_one_that_discord_takes(language: str) -> None:
    modals: list[Callable[[], discord.ui.Modal]] = [
        lambda: RemixModal(replace(PARAMETERS, strength=0.123456), never),
        lambda: RepaintModal(never),
        lambda: RewordModal(DRAFT, cast(Any, None)),
        lambda: SayModal(DRAFT, cast(Any, None)),
        lambda: VerdictModal(Verdict.BLOCK, never, has_picture=True),
        lambda: CritiqueModal(CRITIQUE, cast(Any, None)),
        lambda: FilterModal(SEARCH, FILTERS, never),
        lambda: FilterModal(SEARCH, NO_FILTERS, never),
        *(partial(RulesModal, kind, cast(Any, None)) for kind in RuleKind),
        lambda: WordsModal("r" * 45, _("Pictures a day; 0 for as many as others have"), "20", never),
    ]
    with use_language(language):
        for modal in modals:
            validator("ModalInteractionCallbackRequestData").validate(modal().to_dict())


async def test_every_command_is_one_that_discord_takes(idle_server: Server) -> None:
    tree, accepted = idle_server.atelier.client.tree, validator("ApplicationCommandCreateRequest")
    commands = tree.get_commands() + tree.get_commands(type=discord.AppCommandType.message)
    assert len(commands) > 10
    for command in commands:
        accepted.validate(await command.get_translated_payload(tree, CommandTexts()))
