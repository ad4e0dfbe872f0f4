"""Sentences with which several services refuse something."""

from bot.core.i18n import N_

# It says the same whether a picture is gone or out of sight, so that nobody learns that it exists.
GONE = N_("That picture is no longer in this server's gallery, or it may not be shown in this channel.")
