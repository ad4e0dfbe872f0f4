"""Card, buttons and modal of a server's prompt rules."""

from collections.abc import Sequence
from typing import Any, Protocol

import discord
from discord import ui

from bot.core.i18n import N_, _
from bot.prompt_rules.matching import Rule, RuleKind
from bot.ui.access import Modal
from bot.ui.cards import WORKING, Card, card
from bot.ui.dynamic_items import PersistentItem
from bot.ui.errors import answering_errors
from bot.ui.host import Interaction
from bot.ui.text import escaped

# Rules per page, and characters shown of each: a select has at most 25 options, a message 4,000 characters.
PAGE, SHOWN = 20, 80
KINDS = {RuleKind.WORDS: N_("Add words"), RuleKind.REGEX: N_("Add an expression")}


class RuleActions(Protocol):
    """Shows and changes a server's rules: `bot.moderation.cog.Moderation`."""

    async def ask_rules(self, interaction: Interaction, kind: RuleKind) -> None:
        """Ask for rules of a kind, in a modal."""
        ...

    async def show_rules(self, interaction: Interaction, page: int) -> None:
        """Show another page of the rules."""
        ...

    async def remove_rule(self, interaction: Interaction, rule_id: int, page: int) -> None:
        """Remove a rule, and show the page again."""
        ...

    async def add_rules(self, interaction: Interaction, kind: RuleKind, texts: list[str]) -> None:
        """Add rules, one for each text."""
        ...


class AddRuleButton(
    PersistentItem[RuleActions], ui.DynamicItem[ui.Button[Any]], template="rules:add:(?P<kind>words|regex)"
):
    """Button that opens the modal for new rules of one kind."""

    def __init__(self, kind: str) -> None:
        self.kind = RuleKind(kind)
        super().__init__(ui.Button(label=_(KINDS[self.kind]), custom_id=self.custom_id_for(kind=kind)))

    async def pressed(self, interaction: Interaction, controller: RuleActions) -> None:
        """Open the modal for new rules."""
        await controller.ask_rules(interaction, self.kind)


class RulePageButton(PersistentItem[RuleActions], ui.DynamicItem[ui.Button[Any]], template=r"rules:page:(?P<page>\d+)"):
    """Button that shows another page of the rules."""

    def __init__(self, page: int, label: str = "→") -> None:
        self.page = page
        super().__init__(ui.Button(label=label, custom_id=self.custom_id_for(page=page)))

    async def pressed(self, interaction: Interaction, controller: RuleActions) -> None:
        """Show the page of this button."""
        await controller.show_rules(interaction, self.page)


class RemoveRuleSelect(
    PersistentItem[RuleActions], ui.DynamicItem[ui.Select[Any]], template=r"rules:remove:(?P<page>\d+)"
):
    """Select that removes the chosen rule."""

    def __init__(self, page: int, rules: Sequence[Rule] = ()) -> None:
        self.page = page
        options = [discord.SelectOption(label=f"{rule.id}: {rule.text}"[:100], value=str(rule.id)) for rule in rules]
        placeholder = _("Remove a rule")
        # Discord requires an option, and a select that is recreated from its custom id has none.
        options = options or [discord.SelectOption(label=placeholder)]
        super().__init__(ui.Select(custom_id=self.custom_id_for(page=page), placeholder=placeholder, options=options))

    async def pressed(self, interaction: Interaction, controller: RuleActions) -> None:
        """Remove the selected rule and show the page again."""
        await controller.remove_rule(interaction, int(self.item.values[0]), self.page)


class RulesModal(Modal):
    """Modal that asks for rules of one kind, one per line."""

    def __init__(self, kind: RuleKind, controller: RuleActions) -> None:
        super().__init__(title=_(KINDS[kind]))
        self._kind = kind
        self._controller = controller
        self.texts: ui.TextInput[Any] = ui.TextInput(
            custom_id="texts", style=discord.TextStyle.paragraph, max_length=4000
        )
        if kind is RuleKind.WORDS:
            text, hint = _("Words and phrases, one a line"), _("Found in any case, script and spelling")
        else:
            text, hint = _("Regular expressions, one a line"), _("Looked for in the text, and in its plain letters")
        self.add_item(ui.Label(text=text, description=hint, component=self.texts))

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Add the submitted rules to the server."""
        async with answering_errors(interaction):
            await self._controller.add_rules(interaction, self._kind, self.texts.value.splitlines())


def rules_card(rules: Sequence[Rule], page: int = 0) -> Card:
    """Return the card of a page of rules, counted from 0; a page that no longer exists is replaced by the last."""
    page = min(page, max(0, len(rules) - 1) // PAGE)
    shown = rules[page * PAGE : (page + 1) * PAGE]
    lines = [f"{rule.id} · {_rule_text(rule)}" for rule in shown] or [_("None yet.")]
    parts: list[ui.Item[Any] | str] = [
        "## " + _("Rules for prompts"),
        _("What is asked for here may not say any of this; also not in other letters, or spelled out."),
        "\n".join(lines),
    ]
    if shown:
        parts.append(ui.ActionRow[Any](RemoveRuleSelect(page, shown)))
    buttons: list[ui.Item[Any]] = [AddRuleButton(kind.value) for kind in KINDS]
    if page:
        buttons.append(RulePageButton(page - 1, "←"))
    if len(rules) > (page + 1) * PAGE:
        buttons.append(RulePageButton(page + 1))
    return card(WORKING, *parts, ui.ActionRow[Any](*buttons))


def _rule_text(rule: Rule) -> str:
    text = escaped(rule.text, SHOWN)
    return f"“{text}”" if rule.kind is RuleKind.WORDS else _("expression: {text}", text=text)
