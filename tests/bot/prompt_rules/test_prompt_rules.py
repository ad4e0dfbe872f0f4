"""What a server doesn't want in prompts: found however it is written, and nothing else."""

from datetime import UTC, datetime
from typing import Any

import discord
import pytest

from bot.core.errors import UserError
from bot.core.message_ref import MessageRef
from bot.prompt_rules.matching import Rule, RuleError, RuleKind, TooSlowError, broken_rule, check_rule
from bot.prompt_rules.service import MOST_RULES
from engine.api.messages import GenerationParameters
from tests.support.cards import card_text
from tests.support.images import meadow
from tests.support.member_actions import kept, seen_by
from tests.support.server import Server


def rule(text: str, kind: RuleKind = RuleKind.WORDS) -> Rule:
    return Rule(1, 1, kind, text, 1, datetime.now(UTC))


def found(words: str, text: str, kind: RuleKind = RuleKind.WORDS) -> bool:
    return broken_rule([rule(words, kind)], text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "a parent",
        "PARENT",
        "the (parent:1.4), outside",
        "p.a.r.e.n.t",
        "a p a r e n t",
        "p_a-r*e.n~t",
        "раrеnt",  # three letters of Cyrillic
        "PΑRΕΝT",  # three letters of Greek
        "par\u200bent",
        "par\u00adent",
        "\u202eparent",
        "pa\U000e0072rent",
        "pàrént",
        "p̷̛a̵r̶e̸n̴t̶",
        "ｐａｒｅｎｔ",
        "𝔭𝔞𝔯𝔢𝔫𝔱",
        "ⓟⓐⓡⓔⓝⓣ",
        "paaaarenttt",
        "par3nt",
    ],
)
def test_a_word_is_found_in_every_disguise(text: str) -> None:
    assert found("parent", text)
    assert found("PÄRENT", text)


@pytest.mark.parametrize("text", ["transparent", "parents", "par ent", "apparent", "parennt", "p.a.r.e.n", ""])
def test_a_word_is_not_found_in_others(text: str) -> None:
    assert not found("parent", text)


@pytest.mark.parametrize(
    ("words", "text", "is_found"),
    [
        ("god", "good", False),
        ("god", "goood", True),
        ("good", "god", False),
        ("ass", "as", False),
        ("ass", "a$$", True),
        ("ass", "455", False),
        ("boobs", "Bob's", False),
        ("naked woman", "a NAKED – woman", True),
        ("naked woman", "a naked man", False),
        ("naked woman", "woman, naked", False),
        ("вор", "ВОР", True),
        ("вор", "воробей", False),
        ("裸", "全裸の人", True),
        ("ゴミ", "コ\u3099ミの山", True),
        ("नग्न", "नगन", False),
        ("straße", "STRASSE", True),
    ],
)
def test_words_of_all_kinds(words: str, text: str, is_found: bool) -> None:
    assert found(words, text) is is_found


def test_an_expression_is_looked_for_in_the_text_and_in_its_plain_letters() -> None:
    assert found(r"\bcat(s|tle)?\b", "the Cattle", RuleKind.REGEX)
    assert found(r"\bcats\b", "сats", RuleKind.REGEX)
    assert found(r"[А-Я]{3}", "ВОР", RuleKind.REGEX)
    assert not found(r"\bcat\b", "concatenate", RuleKind.REGEX)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (RuleKind.REGEX, "["),
        (RuleKind.REGEX, "(?P<a"),
        (RuleKind.REGEX, "x*"),
        (RuleKind.REGEX, ".{0,}"),
        (RuleKind.REGEX, "(a+)+$"),
        (RuleKind.REGEX, "(a|aa)+$"),
        (RuleKind.WORDS, "…"),
        (RuleKind.WORDS, "\u200b"),
    ],
)
def test_what_is_no_rule(kind: RuleKind, text: str) -> None:
    with pytest.raises(RuleError):
        check_rule(kind, text)


def test_a_rule_that_takes_too_long_is_named() -> None:
    with pytest.raises(TooSlowError) as slow:
        broken_rule([rule("fine"), rule("(x+)+$", RuleKind.REGEX)], "x" * 500 + "!")
    assert slow.value.rule.text == "(x+)+$"


async def told(server: Server, member: Any, command: str, **options: Any) -> str:
    """Use a command, and return what its member is told."""
    answer = await member.slash(server.channel, command, **options)
    return "\n".join(message.content for message in (answer.response, *answer.followups) if message and message.content)


async def ruled(server: Server, *words: str) -> None:
    """Let the server have rules."""
    rules = server.atelier.kernel.rules
    await rules.add(server.alice.guild.id, server.moderator.id, RuleKind.WORDS, list(words))


async def test_a_manager_adds_and_removes_rules(idle_server: Server) -> None:
    server, manager = idle_server, idle_server.moderator
    answer = await manager.slash(server.channel, "moderation rules")
    assert answer.ephemeral
    shown = seen_by(server, manager, answer)
    assert "None yet" in card_text(shown)
    asked = await manager.click(shown, label="Add words")
    await manager.submit_modal(asked, {"texts": "naked\n\n  severed **head** \nnaked"})
    shown = seen_by(server, manager, answer)
    assert r"1 · “naked”" in card_text(shown)
    assert r"2 · “severed \*\*head\*\*”" in card_text(shown)
    asked = await manager.click(shown, label="Add an expression")
    refused = await manager.submit_modal(asked, {"texts": "fine\n(a+)+$"})
    assert "can't be used as a regular expression: regex timed out" in refused.followups[0].content
    assert "fine" not in card_text(seen_by(server, manager, answer))
    asked = await manager.click(shown, label="Add an expression")
    await manager.submit_modal(asked, {"texts": r"gor(e|y)"})
    assert r"3 · expression: gor(e\|y)" in card_text(seen_by(server, manager, answer))
    await manager.select(seen_by(server, manager, answer), ["1"], custom_id="rules:remove:0")
    assert "naked" not in card_text(seen_by(server, manager, answer))
    assert r"doesn't allow “gor(e\|y)”" in await told(server, server.alice, "imagine", prompt="a GORY scene")
    await server.alice.slash(server.channel, "imagine", prompt="a naked mole rat")
    assert len(await server.jobs()) == 1


async def test_only_a_manager_may(idle_server: Server) -> None:
    role = idle_server.alice.guild.create_role("helpers", permissions=discord.Permissions(manage_messages=True))
    helper = idle_server.alice.guild.add_member(idle_server.env.create_user("hal"), roles=[role])
    assert "Only those who may manage this server" in await told(idle_server, helper, "moderation rules")


async def test_there_are_so_many_rules_and_pages(idle_server: Server) -> None:
    server, manager = idle_server, idle_server.moderator
    await ruled(server, *(f"word{number}" for number in range(MOST_RULES)))
    with pytest.raises(UserError, match="up to 100 rules"):
        await ruled(server, "one more")
    answer = await manager.slash(server.channel, "moderation rules")
    await manager.click(seen_by(server, manager, answer), label="→")
    assert "“word20”" in card_text(seen_by(server, manager, answer))
    await manager.click(seen_by(server, manager, answer), label="←")
    assert "“word0”" in card_text(seen_by(server, manager, answer))


REFUSAL = (
    "This server's rule 1 doesn't allow “parent” here. Say it in other words; if the rule is wrong, ask this server's "
    "moderators."
)


async def test_the_member_reads_which_rule_and_whom_to_ask(idle_server: Server) -> None:
    server, alice = idle_server, idle_server.alice
    await ruled(server, "parent")
    assert REFUSAL in await told(server, alice, "imagine", prompt="a p.a.r.e.n.t")
    assert REFUSAL in await told(server, alice, "imagine", prompt="a fox --no parent")
    assert REFUSAL in await told(server, alice, "imagine", prompt="a fox", negative_prompt="parent")
    assert REFUSAL in await told(server, alice, "style add", name="mine", words="parent")
    assert REFUSAL in await told(server, alice, "style add", name="parent", words="a fox")
    answer = await server.inpaint(prompt="a parent")
    assert REFUSAL in answer.followups[0].content
    assert await server.jobs() == []
    await alice.slash(server.channel, "imagine", prompt="a transparent fox")
    assert len(await server.jobs()) == 1


async def test_challenges_have_no_such_themes(idle_server: Server) -> None:
    server = idle_server
    await ruled(server, "parent")
    for texts in ({"title": "Parent"}, {"theme": "parent"}, {"rules": "parent"}, {"themes": "a fox; parent"}):
        refused = await told(
            server, server.moderator, "challenge create", **{"title": "Foxes", "theme": "foxes", **texts}
        )
        assert REFUSAL in refused


async def test_a_draft_from_before_a_rule_is_not_painted(studio: Server) -> None:
    drafts = studio.atelier.drafts.service
    place = MessageRef(studio.alice.guild.id, studio.channel.id, 1, "token")
    begun = await drafts.begin(studio.alice.id, place, GenerationParameters("a parent"), meadow(), None)
    await ruled(studio, "parent")
    with pytest.raises(UserError, match="rule 1"):
        await drafts.begin(studio.alice.id, place, GenerationParameters("a parent"), meadow(), None)
    with pytest.raises(UserError, match="rule 1"):
        await drafts.reword(begun, "another parent", "")
    draft = await drafts.reshape(begun, lambda mask: mask.point(lambda _: 255))

    async def never() -> MessageRef:
        raise AssertionError

    with pytest.raises(UserError, match="rule 1"):
        await drafts.hand_in(draft, never)
    assert (await drafts.draft(draft.id, studio.alice.id)).parameters.prompt == "a parent"


async def test_what_was_made_before_a_rule_is_not_made_again(idle_server: Server) -> None:
    server = idle_server
    job = await kept(server, prompt="a parent")
    await ruled(server, "parent")
    with pytest.raises(UserError, match="rule 1"):
        await server.atelier.studio.service.reroll(server.alice.id, job.place, job.id)


async def test_a_servers_rules_are_its_own(idle_server: Server) -> None:
    server = idle_server
    await ruled(server, "parent")
    rules = server.atelier.kernel.rules
    await rules.check(server.alice.guild.id + 1, "a parent")
    await rules.remove(server.alice.guild.id + 1, 1)
    assert len(await rules.all(server.alice.guild.id)) == 1


async def test_a_prompt_that_takes_a_rule_too_long_is_refused(
    idle_server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    server = idle_server
    rules = server.atelier.kernel.rules
    await rules.add(server.alice.guild.id, server.moderator.id, RuleKind.REGEX, ["(x+)+$"])
    assert "could not check" in await told(server, server.alice, "imagine", prompt="x" * 500 + "!")
    assert "rule 1 takes more than" in caplog.text
    assert await server.jobs() == []
