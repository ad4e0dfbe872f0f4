"""Error messages for members that several services use."""

from bot.core.i18n import N_

# The same sentence for a picture that is gone and one that may not be seen, so that it doesn't reveal that one exists.
GONE = N_("That picture is no longer in this server's gallery, or it may not be shown in this channel.")
