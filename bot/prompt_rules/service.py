"""Management of a server's prompt rules, and their check."""

import asyncio
import logging

from bot.core.errors import UserError
from bot.core.i18n import _
from bot.prompt_rules.matching import Rule, RuleError, RuleKind, TooSlowError, broken_rule, check_rule
from bot.prompt_rules.store import RuleStore
from bot.ui.text import escaped

log = logging.getLogger(__name__)

MOST_RULES, LONGEST_RULE = 100, 200


class RuleService:
    """Adds and removes rules, and checks texts of members against them."""

    def __init__(self, rules: RuleStore) -> None:
        self._rules = rules

    async def all(self, guild_id: int) -> list[Rule]:
        """Return the rules of a server, oldest first."""
        return await self._rules.rules(guild_id)

    async def add(self, guild_id: int, user_id: int, kind: RuleKind, texts: list[str]) -> None:
        """Add rules to a server, ignoring those that exist already.

        Raises UserError for the first invalid rule, or if there would be more than MOST_RULES; then none is added.
        """
        rules = await self.all(guild_id)
        before = {rule.text for rule in rules if rule.kind is kind}
        new = [text for text in dict.fromkeys(filter(None, map(str.strip, texts))) if text not in before]
        if len(rules) + len(new) > MOST_RULES:
            raise UserError(_("A server has up to {most} rules; remove some first.", most=MOST_RULES))
        for text in new:
            await _check(kind, text)
        await self._rules.add(guild_id, user_id, kind, new)

    async def remove(self, guild_id: int, rule_id: int) -> None:
        """Delete a rule of a server, if it exists."""
        await self._rules.remove(guild_id, rule_id)

    async def check(self, guild_id: int, *texts: str) -> None:
        """Raise UserError if a rule of the server, which it names, forbids a text, or if a rule is too slow on it."""
        rules = await self.all(guild_id)
        if not rules:
            return
        try:
            broken = await asyncio.to_thread(broken_rule, rules, *texts)
        except TooSlowError as error:
            log.warning("guild %s: %s", guild_id, error)
            # A text that could not be checked is refused, so that slow texts are no way around the rules.
            refusal = _("I could not check that against this server's rules; say it in fewer words.")
            raise UserError(refusal) from error
        if broken:
            raise UserError(
                _(
                    "This server's rule {number} doesn't allow “{rule}” here. Say it in other words; "
                    "if the rule is wrong, ask this server's moderators.",
                    number=broken.id,
                    rule=escaped(broken.text, LONGEST_RULE),
                )
            )


async def _check(kind: RuleKind, text: str) -> None:
    shown = escaped(text, 100)
    if len(text) > LONGEST_RULE:
        raise UserError(_("“{rule}” is too long; a rule has up to {most} letters.", rule=shown, most=LONGEST_RULE))
    try:
        await asyncio.to_thread(check_rule, kind, text)
    except RuleError as error:
        if kind is RuleKind.WORDS:
            raise UserError(_("“{rule}” has no letters or numbers that I could look for.", rule=shown)) from error
        raise UserError(
            _("“{rule}” can't be used as a regular expression: {reason}.", rule=shown, reason=error)
        ) from error
