"""Management of named styles, and their application to prompts."""

import re
from dataclasses import replace

from bot.core.errors import NotAllowedError, UserError
from bot.core.i18n import _
from bot.core.text import cleaned
from bot.kept_out.service import KeptOutService
from bot.prompt_rules.service import RuleService
from bot.settings.service import SettingsService
from bot.styles.models import NO_STYLE, Style
from bot.styles.store import EVERYBODY, StyleStore
from engine.api.messages import GenerationParameters

NAME = re.compile(r"[\w-]{1,32}")
NONE = "none"


class StyleService:
    """Adds, removes, selects and applies styles."""

    def __init__(
        self, styles: StyleStore, settings: SettingsService, rules: RuleService, kept_out: KeptOutService
    ) -> None:
        self._styles = styles
        self._rules = rules
        self._kept_out = kept_out
        self._settings = settings

    async def all(self, guild_id: int, user_id: int) -> list[Style]:
        """Return the styles that a member can use in a guild, sorted by name."""
        return await self._styles.styles(guild_id, user_id)

    async def add(self, guild_id: int, user_id: int, style: Style, *, manager: bool) -> None:
        """Store a style of a member, or of the server if it is not `is_own`, which needs `manager`.

        Raises UserError if the name is invalid, the style is empty, or a rule or a kept-out picture forbids it, and
        NotAllowedError without `manager`.
        """
        name, words, negative_words = style.name.strip().lower(), cleaned(style.words), cleaned(style.negative_words)
        if not NAME.fullmatch(name) or name == NONE:
            raise UserError(_("A style's name is one word of up to 32 letters, numbers and dashes, and not “none”."))
        if not (words or negative_words or style.image_key):
            raise UserError(
                _("A style needs words, what it adds to a prompt or what a picture shall not show; or a picture.")
            )
        owner = _owner(user_id, manager=manager, server=not style.is_own)
        await self._rules.check(guild_id, name, words, negative_words)
        await self._kept_out.check_files(guild_id, style.image_key)
        await self._styles.keep(guild_id, owner, replace(style, name=name, words=words, negative_words=negative_words))

    async def remove(self, guild_id: int, user_id: int, name: str, *, manager: bool, server: bool) -> None:
        """Delete a style by name.

        Raises UserError if it does not exist, and NotAllowedError for a style of the server without `manager`.
        """
        owner = _owner(user_id, manager=manager, server=server)
        if not await self._styles.remove(guild_id, owner, name.strip().lower()):
            raise UserError(
                _("There is no such style of this server; `/style list` shows all.")
                if server
                else _("There is no such style of yours; `/style list` shows all.")
            )

    async def use(self, guild_id: int, user_id: int, name: str) -> None:
        """Set a member's default style; “none” clears it. Raises UserError if the style does not exist."""
        style = "" if name.strip().lower() == NONE else (await self._style(guild_id, user_id, name)).name
        await self._settings.prefer(user_id, style=style)

    async def apply(
        self, guild_id: int, user_id: int, name: str, parameters: GenerationParameters
    ) -> tuple[GenerationParameters, Style]:
        """Return the parameters with the words of a style added, and the style, or NO_STYLE.

        An empty name means the member's default style, or else the server's; “none” means no style. Raises UserError if
        a named style does not exist.
        """
        if name.strip().lower() == NONE:
            return parameters, NO_STYLE
        if name.strip():
            style = await self._style(guild_id, user_id, name)
        else:
            # A default style that was deleted, or belongs to another server, is ignored instead of refused.
            style = await self._find(guild_id, user_id, (await self._settings.defaults(guild_id, user_id)).style)
        if style is None:
            return parameters, NO_STYLE
        styled = replace(
            parameters,
            prompt=_joined(parameters.prompt, style.words),
            negative_prompt=_joined(parameters.negative_prompt, style.negative_words),
        )
        return styled, style

    async def _style(self, guild_id: int, user_id: int, name: str) -> Style:
        found = await self._find(guild_id, user_id, name.strip().lower())
        if found is None:
            raise UserError(_("I know no style “{name}” here; `/style list` shows all.", name=name.strip()[:32]))
        return found

    async def _find(self, guild_id: int, user_id: int, name: str) -> Style | None:
        styles = await self._styles.styles(guild_id, user_id)
        return next((style for style in styles if style.name == name), None)


def _owner(user_id: int, *, manager: bool, server: bool) -> int:
    if server and not manager:
        raise NotAllowedError(_("Only those who may manage this server keep styles for all; leave `for_everyone` out."))
    return EVERYBODY if server else user_id


def _joined(prompt: str, words: str) -> str:
    return ", ".join(filter(None, (prompt, words)))
