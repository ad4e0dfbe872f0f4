"""A picture in the showcase."""

from bot.core.i18n import _
from bot.creations.models import Creation
from bot.jobs.models import Job
from bot.settings.models import STAR
from bot.ui.cards import DONE, Card, Upload, card, gallery
from bot.ui.text import prompt_title


def showcase_card(job: Job, first: Creation, files: tuple[Upload, ...]) -> Card:
    """Show a job's pictures with their score, and credit to their maker with a link to where they were made."""
    credit = _(
        "{star} **{score}** · by {member} · [where it was made]({link})",
        star=STAR,
        score=first.score,
        member=f"<@{job.user_id}>",
        link=job.place.link,
    )
    return card(DONE, prompt_title(job.parameters.prompt), gallery(files), credit, files=files)
