"""Buttons and selects in messages that were posted long ago keep working: their custom ids are fixed."""

import re
from typing import Any, cast

from tests.support.server import Server

# A custom id of every item as commit 5782a0d posted it. Ids are added here, and none is ever changed.
POSTED = (
    "appeal:12",
    "ballot:3:0",
    "board:202601",
    "case",
    "case:12:approve",
    "case:12:block",
    "case:12:remove",
    "case:12:warn",
    "cases:12:0",
    "cells:12",
    "challenge:3:paint",
    "choose:all:showcase_from",
    "choose:cases",
    "choose:digest",
    "choose:emojis",
    "choose:me:aspect",
    "choose:showcase",
    "creation:12:enlarge",
    "critique:12:34:0:helpful",
    "critique:12:34:0:remove",
    "critiques:12:0",
    "draft:12:go",
    "enter:3",
    "filter:n::all::::f::::",
    "into:12",
    "job:12:cancel",
    "job:12:reroll",
    "jobs:cancel",
    "keep-out:12",
    "kin:12",
    "let-in",
    "limits:channels",
    "limits:role",
    "limits:roles",
    "more:12",
    "one:12",
    "open",
    "page:m:2S:rem:7:A:C:b:1:2:3:a fox: and a hen",
    "page:n::all::::f::::",
    "permit:12:34:allow",
    "permit:12:34:refuse",
    "prefer:3:4:5",
    "privacy:delete",
    "purge:34:7",
    "remove:12",
    "rules:add:regex",
    "rules:add:words",
    "rules:page:1",
    "rules:remove:1",
    "safety:handling",
    "safety:keep_days",
    "safety:safety",
    "safety:safety_restricted",
    "season:makers:202601",
    "settings:ask_first",
    "settings:critiques",
    "settings:limits",
    "settings:no_remix",
    "settings:preview",
    "settings:safety",
    "settings:server",
    "settings:web",
    "star:3:0:5",
    "thing:12",
    "withdraw",
)


async def test_every_posted_item_is_found_and_recreated_with_the_same_id(idle_server: Server) -> None:
    items: dict[re.Pattern[str], Any] = idle_server.atelier.client._connection._view_store._dynamic_items  # pyright: ignore[reportPrivateUsage]
    found: set[Any] = set()
    for custom_id in POSTED:
        matches = [(item, match) for pattern, item in items.items() if (match := pattern.fullmatch(custom_id))]
        [(item, match)] = matches
        recreated = await item.from_custom_id(cast(Any, None), cast(Any, None), match)
        assert recreated.custom_id == custom_id
        found.add(item)
    assert found == set(items.values())
