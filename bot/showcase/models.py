"""Posts of the showcase."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShowcasePost:
    """Where a job stands in its server's showcase, and with which score; `message_id` is None until it is posted."""

    job_id: int
    channel_id: int
    message_id: int | None
    shown_score: int
