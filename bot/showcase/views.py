"""Card of a post in the showcase."""

from bot.core.i18n import _
from bot.creations.models import Creation
from bot.jobs.models import Job
from bot.settings.models import STAR
from bot.ui.cards import DONE, Card, Upload, card, gallery
from bot.ui.text import prompt_title


def showcase_card(job: Job, first: Creation, files: tuple[Upload, ...]) -> Card:
    """Build the card of a job's pictures with their score, their maker, and a link to the original message."""
    credit = _(
        "{star} **{score}** · by {member} · [where it was made]({link})",
        star=STAR,
        score=first.score,
        member=f"<@{job.user_id}>",
        link=job.place.link,
    )
    return card(DONE, prompt_title(job.parameters.prompt), gallery(files), credit, files=files)
