"""Read the text and the buttons of Discord messages."""

from typing import Any


def card_text(message: Any) -> str:
    """Return all text of a components v2 message."""
    return "\n".join(
        item.content for item in _walk(message.components) if isinstance(getattr(item, "content", None), str)
    )


def card_buttons(message: Any) -> list[str]:
    """Return the labels of a message's buttons."""
    return [item.label for item in _walk(message.components) if getattr(item, "label", None)]


def _walk(items: Any) -> Any:
    for item in items:
        yield item
        yield from _walk(getattr(item, "children", []))
        yield from filter(None, [getattr(item, "accessory", None)])


def said(answer: Any) -> str:
    """Return the words of an answer, wherever they stand."""
    messages = [answer.response, *answer.followups]
    return "\n".join(f"{each.content or ''}{card_text(each)}" for each in messages if each is not None)
