"""Where questions are answered, one after another, beside the painting and never in its way."""

import logging
from collections.abc import Callable
from queue import SimpleQueue

import numpy as np
from PIL import Image

from engine.api.messages import (
    Answer,
    Described,
    DescriptionRequest,
    Embedded,
    EmbeddingRequest,
    Question,
    RegionFound,
    RegionRequest,
    Scored,
    ScoreRequest,
    Unanswered,
    Weighed,
    WeighingRequest,
)
from engine.captions import Captioner
from engine.images import opaque, read_png, write_png
from engine.models.loading import AnyModel, Model
from engine.refusal import RefusedError
from engine.regions.finder import Finder
from engine.regions.masks import NothingFoundError
from engine.safety import SafetyScorer
from engine.sentences import Sentences
from engine.words import PromptEncoder, weigh

log = logging.getLogger(__name__)

UNREADABLE = "I can't read this picture; send it again as a PNG or JPEG file."
STUMBLED = "I stumbled over that; try again, or another way."
NO_WORDS = "The model in use doesn't say which words it heeds; try it with another model."


class QuestionHandler:
    """Answers all that is asked beside painting. `words` is None where the model's text encoder can't be asked."""

    def __init__(self, finder: Finder, captioner: Captioner, words: PromptEncoder | None, safety: SafetyScorer) -> None:
        self._finder = finder
        self._captioner = captioner
        self._words = words
        self._safety = safety
        self._sentences = Sentences()

    def serve(self, questions: SimpleQueue[Question], emit: Callable[[Answer], None]) -> None:
        """Answer questions as they come, without end: for a thread of its own."""
        while True:
            emit(self.answer(questions.get()))

    def answer(self, question: Question) -> Answer:
        """Return the answer; whatever goes wrong becomes a sentence."""
        try:
            match question:
                case RegionRequest():
                    return self._region(question)
                case DescriptionRequest():
                    prompts, note = self._captioner.describe(_opened(question.image))
                    return Described(question.id, prompts, note)
                case WeighingRequest():
                    if self._words is None:
                        raise RefusedError(NO_WORDS)
                    return Weighed(question.id, weigh(self._words, question.prompt))
                case ScoreRequest():
                    return Scored(question.id, self._safety.score(_opened(question.image)))
                case EmbeddingRequest():
                    return Embedded(question.id, self._sentences.embed(question.prompts))
        except (NothingFoundError, RefusedError) as error:
            return Unanswered(question.id, str(error))
        except Exception:
            log.exception("question %s failed", question.id)
            return Unanswered(question.id, STUMBLED)

    def _region(self, request: RegionRequest) -> RegionFound:
        picture = _opened(request.image)
        if request.at is None:
            found = self._finder.find(picture, request.description)
        else:
            found = self._finder.at(picture, request.at)
        return RegionFound(request.id, write_png(Image.fromarray(found.mask.astype(np.uint8) * 255)), found.note)


def desk_of(model: AnyModel) -> QuestionHandler:
    """Return the desk beside a model."""
    device = model.device.type
    colours = model.world.colours if model.world else ()
    words = model.words if isinstance(model, Model) else None
    return QuestionHandler(
        Finder(model.text_to_mask, device), Captioner(model.text_to_mask, colours, device), words, model.safety
    )


def _opened(file: bytes) -> Image.Image:
    try:
        return opaque(read_png(file))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        log.exception("a picture can't be read")
        raise RefusedError(UNREADABLE) from error
