"""Help with prompts for a model that paints only a small world."""

import pytest

from bot.prompting.vocabulary import propose_prompts, propose_regions, unknown_words_notice
from bot.ui.choices import MOST_CHOICES
from engine.api.messages import Ready
from tests.support.cards import card_text
from tests.support.server import Server
from tests.support.world import WORLD
from training.world import PROMPTS


def test_an_empty_prompt_is_met_with_examples() -> None:
    assert propose_prompts(WORLD, "") == list(PROMPTS)


@pytest.mark.parametrize(
    ("typed", "proposed"),
    [
        ("a blue ca", {"a blue cat", "a blue castle", "a blue carrot", "a blue car", "a blue cake", "a blue cactus"}),
        ("A Dino", {"A dinosaur"}),
        ("a cat in water", {"a cat in watermelon", "a cat in watercolor"}),
        ("a zebra", set()),
        ("a cat ", set()),
    ],
)
def test_the_word_that_is_typed_is_ended_by_a_thing_a_colour_or_a_style(typed: str, proposed: set[str]) -> None:
    assert set(propose_prompts(WORLD, typed)) == proposed


def test_proposals_are_what_discord_takes() -> None:
    for typed in ("", "a", "a b", "p" * 99 + " c", "a cat and a " * 8 + "c"):
        proposed = propose_prompts(WORLD, typed)
        assert len(proposed) <= MOST_CHOICES
        assert all(1 <= len(prompt) <= 100 for prompt in proposed)


def test_things_are_proposed_as_regions() -> None:
    assert propose_regions(WORLD, "the ca") == [f"the {noun}" for noun in WORLD.nouns if "ca" in noun]
    assert "the cat" in propose_regions(WORLD, "the ca")
    assert propose_regions(WORLD, "") == []


@pytest.mark.parametrize(
    "prompt",
    [
        *PROMPTS,
        "A kitten, on the Beach at night!",
        "top left: a (cat:1.3) | bottom right: a tiger",
        "a cat <lora:zebra:0.8>",
    ],
)
def test_what_the_model_knows_needs_no_remark(prompt: str) -> None:
    assert unknown_words_notice(WORLD, prompt) == ""


def test_what_the_model_does_not_know_is_named_with_what_to_do() -> None:
    line = unknown_words_notice(WORLD, "a zebra and a happy zebra on a cat")
    assert "“zebra”, “happy”" in line
    assert "“cat”" not in line
    assert "ATELIER_MODEL" in line


async def proposed(server: Server, option: str, typed: str) -> list[str]:
    choices = await server.alice.autocomplete(server.channel, "inpaint", option, typed)
    return [choice["value"] for choice in choices]


async def test_discord_proposes_what_the_model_in_use_can_paint(idle_server: Server) -> None:
    assert await proposed(idle_server, "prompt", "a ti") == []
    idle_server.atelier.kernel.engine.state = Ready("starter", "cpu", "fp32", 128, world=WORLD)
    assert await proposed(idle_server, "prompt", "a ti") == ["a tiger"]
    assert await proposed(idle_server, "region", "ti") == ["the tiger"]
    idle_server.atelier.kernel.engine.state = Ready("a full model", "cuda", "fp16", 512)
    assert await proposed(idle_server, "prompt", "a ti") == []


async def test_discord_proposes_schedulers_and_the_servers_models(idle_server: Server) -> None:
    assert await proposed(idle_server, "scheduler", "karras") == ["dpm++_2m_karras"]
    assert "ddim:30+ddpm:20" in await proposed(idle_server, "scheduler", "ddim")
    assert await proposed(idle_server, "model", "") == []
    idle_server.atelier.kernel.engine.state = Ready("starter", "cpu", "fp32", 128, models=("starter", "a/large-one"))
    assert await proposed(idle_server, "model", "lar") == ["a/large-one"]


async def test_help_is_for_the_member_alone_and_for_the_model_in_use(idle_server: Server) -> None:
    answer = await idle_server.alice.slash(idle_server.channel, "help")
    assert answer.ephemeral
    assert "tiger" not in card_text(answer.response.message)
    idle_server.atelier.kernel.engine.state = Ready("starter", "cpu", "fp32", 128, world=WORLD)
    text = card_text((await idle_server.alice.slash(idle_server.channel, "help")).response.message)
    assert all(words in text for words in (*WORLD.nouns, *WORLD.styles, *PROMPTS))
    assert len(text) <= 4000


@pytest.mark.parametrize(("prompt", "told"), [("a zebra in a meadow", True), ("a tiger in a meadow", False)])
async def test_a_prompt_beyond_the_world_is_taken_with_a_remark(idle_server: Server, prompt: str, told: bool) -> None:
    idle_server.atelier.kernel.engine.state = Ready("starter", "cpu", "fp32", 128, world=WORLD)
    await idle_server.inpaint(prompt=prompt)
    assert ("zebra" in (await idle_server.job()).note) is told
