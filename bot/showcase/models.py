"""Values of the showcase."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShowcasePost:
    """Post of a job in its server's showcase, with the score it shows; `message_id` is None until it is sent."""

    job_id: int
    channel_id: int
    message_id: int | None
    shown_score: int
