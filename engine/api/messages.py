"""The border between the bot and the engine process: requests in, events out.

Frozen dataclasses of the standard library's types only, so that either side can be replaced, and so that
they can cross a pipe, a network or a file. Names are those of diffusers' pipelines.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """The models that an engine process loads, and the device for them; the first message that it gets.

    `environment` is added to the process's environment variables. See `bot.config.Settings` for the other fields.
    """

    model: str
    revision: str | None = None
    device: str = "auto"
    precision: str = "auto"
    environment: Mapping[str, str] = field(default_factory=dict)
    more_models: tuple[str, ...] = ()
    loras: tuple[str, ...] = ()
    memory: str = "normal"


@dataclass(frozen=True, slots=True)
class GenerationParameters:
    """What a member asks for, without the pictures.

    `prompt` may weigh words and prompts and give elements their places; see `engine.prompts`. `seed` is that of the
    first picture; picture n of `num_images` has `seed + n`. `strength` lies in (0, 1]; `guidance_scale` of 1 or less
    means no classifier-free guidance, and `guidance_rescale`, 0 to 1, tames a high one. `scheduler` is a name that
    `engine.schedulers` knows; `default` is the one that the model ships with. `width` and `height`, of a picture that
    is all new, are in pixels, and 0 for the model's own size; larger than `image`, they enlarge it.
    `model` is one of `Ready.models`, or empty for the first of them. `style_scale`, 0 to 1, is how much a style picture
    counts. `chaos`, 0 to 1, is how different the pictures of one request are: at 1 each begins with noise of its own,
    at 0 all with that of the first. With `tile`, a picture that is all new continues at its own opposite edge.
    """

    prompt: str
    negative_prompt: str = ""
    strength: float = 1.0
    guidance_scale: float = 7.5
    num_inference_steps: int = 30
    scheduler: str = "default"
    seed: int = 0
    num_images: int = 1
    guidance_rescale: float = 0.0
    width: int = 0
    height: int = 0
    model: str = ""
    style_scale: float = 0.6
    chaos: float = 1.0
    tile: bool = False


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """One job for the engine.

    With `image` and `mask_image`: repaint the white part. With `image` alone: a new picture like it, the less so the
    higher the strength. With neither: a picture from words. Both are PNG files of the same size: `image` RGB or RGBA,
    `mask_image` in mode L, where grey is repainted in part. `margins` (left, top, right, bottom, in pixels) makes the
    picture larger on these sides and paints what is new. `style_image`, a PNG file, lends its style. `member` is whose
    it is, for fairness between members.
    """

    id: int
    parameters: GenerationParameters
    image: bytes | None = None
    mask_image: bytes | None = None
    margins: tuple[int, int, int, int] = (0, 0, 0, 0)
    style_image: bytes | None = None
    member: int = 0


@dataclass(frozen=True, slots=True)
class RegionRequest:
    """Find what a description says in a picture, a PNG file in RGB or RGBA, or the thing `at` a point of it.

    The point is in fractions of width and height, from the upper left corner; then the description counts for nothing.
    Answered by `RegionFound` or `Unanswered`, at any time, also while pictures are painted.
    """

    id: int
    image: bytes
    description: str = ""
    at: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class RegionFound:
    """Where the region is: a PNG file of the picture's size in mode L, 255 there and 0 elsewhere.

    `note` is one sentence for the member where something had to stand in for what finds better, or is empty.
    """

    id: int
    mask_image: bytes
    note: str = ""


@dataclass(frozen=True, slots=True)
class DescriptionRequest:
    """Say what a picture shows, a PNG file in RGB or RGBA. Answered by `Described` or `Unanswered`, at any time."""

    id: int
    image: bytes


@dataclass(frozen=True, slots=True)
class Described:
    """Prompts for a picture like it, the most likely first; `note` is one sentence for the member, or empty."""

    id: int
    prompts: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class WeighingRequest:
    """Say how much each word of a prompt matters. Answered by `Weighed` or `Unanswered`, at any time."""

    id: int
    prompt: str


@dataclass(frozen=True, slots=True)
class Weighed:
    """The words of a prompt in their order, each with its share of all that they matter, 0 to 1."""

    id: int
    words: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """Say how likely a picture, a PNG file in RGB or RGBA, is not safe for work. Answered by `Scored`, `Unanswered`."""

    id: int
    image: bytes


@dataclass(frozen=True, slots=True)
class Scored:
    """How likely the picture is not safe for work, 0 to 1; as `Image.nsfw`."""

    id: int
    nsfw: float


@dataclass(frozen=True, slots=True)
class EmbeddingRequest:
    """Say what prompts mean. Answered by `Embedded` or `Unanswered`, at any time."""

    id: int
    prompts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Embedded:
    """The meanings of prompts in their order: vectors of length 1 in float16, least byte first."""

    id: int
    vectors: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question has no answer, such as a region that can't be found. `reason` is one plain sentence for the member."""

    id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop the request at its next step; it ends with `Cancelled`, unless it had already ended."""

    id: int


@dataclass(frozen=True, slots=True)
class Progress:
    """A step of a request is done.

    `preview`, now and then, is a small JPEG of the whole picture; `nsfw` is how likely that is not safe for work.
    """

    id: int
    step: int
    num_inference_steps: int
    seconds_left: float
    preview: bytes | None = None
    nsfw: float = 0.0


@dataclass(frozen=True, slots=True)
class Image:
    """One picture of a finished request: a PNG file, and its own seed.

    `nsfw` is how likely the whole picture is not safe for work, 0 to 1.
    """

    png: bytes
    seed: int
    width: int
    height: int
    nsfw: float


@dataclass(frozen=True, slots=True)
class Finished:
    """The request is done: its pictures in the order of their seeds, what painted them, and the seconds it took."""

    id: int
    images: tuple[Image, ...]
    model: str
    run_seconds: float


@dataclass(frozen=True, slots=True)
class Failed:
    """The request can't be done. `reason` is one plain sentence for the member; the log has the cause."""

    id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The request was cancelled and has left the engine."""

    id: int


@dataclass(frozen=True, slots=True)
class Loading:
    """The model is being fetched or loaded. `fraction` (0 to 1) is None where it isn't known."""

    stage: str
    fraction: float | None = None


@dataclass(frozen=True, slots=True)
class World:
    """All that a small model can paint; `words` are those of a prompt that it understands, `prompts` are examples."""

    nouns: tuple[str, ...]
    colours: tuple[str, ...]
    places: tuple[str, ...]
    styles: tuple[str, ...]
    words: frozenset[str]
    prompts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ready:
    """The model is loaded. `fallback` says what had to be chosen in place of something better, or is empty.

    `world` is None where the model isn't bound to one. `models` are all that a request may name, this one first.
    """

    model: str
    device: str
    dtype: str
    native_size: int
    fallback: str = ""
    world: World | None = None
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The model can't be loaded. `reason` is one sentence for the server's owner: what is wrong, what to do."""

    reason: str


@dataclass(frozen=True, slots=True)
class Log:
    """A log record of the engine process; `traceback` is empty or a formatted exception."""

    level: int
    logger: str
    text: str
    traceback: str = ""


Terminal = Finished | Failed | Cancelled
RequestEvent = Progress | Terminal
Question = RegionRequest | DescriptionRequest | WeighingRequest | ScoreRequest | EmbeddingRequest
Answer = RegionFound | Described | Weighed | Scored | Embedded | Unanswered
EngineState = Loading | Ready | Unavailable
Event = RequestEvent | Answer | EngineState | Log
Command = EngineOptions | GenerationRequest | Question | Cancel
