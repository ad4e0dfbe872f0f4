"""The starter's own small vocabulary, in CLIP's format.

`python -m training.tokenizer FOLDER` learns it from captions of the world and from words that members are likely to
type, and saves it as `StableDiffusionInpaintPipeline` expects it.
"""

import json
import sys
from pathlib import Path
from random import Random
from typing import Any

from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer
from transformers import CLIPTokenizer

from training.artwork import COLOURS, NOUNS
from training.backgrounds import OUTDOORS, PLAIN, TIME_WORDS, TIMELESS
from training.scenes import ENDINGS, OPENINGS, RELATIONS
from training.styles import STYLE_WORDS

START, END = "<|startoftext|>", "<|endoftext|>"
WORD_END = "</w>"
MAX_LENGTH = 32
VOCABULARY_SIZE = 2_200
# How CLIP splits text into words (Radford et al. 2021; the pattern stands in CLIP's published tokenizer).
WORDS = Regex(r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+")
# What members write whatever the model: whole tokens for these leave it free to learn that they mean nothing.
COMMON = (
    "a an the and with of in on under over near at by to next left right top bottom picture photo drawing painting "
    "illustration cute beautiful detailed high quality masterpiece realistic photorealistic 4k hd style digital art "
    "cartoon background sky day night sunset two three many happy sad old new little tiny huge giant big small person "
    "man woman girl boy face eyes portrait landscape water fire light dark bright color colorful wooden metal glass "
    "standing sitting flying running sleeping eating ugly blurry low worst bad deformed watermark text"
)


def corpus() -> list[str]:
    """Return the texts that the vocabulary is learnt from; what is frequent becomes one token."""
    names = [word for noun in NOUNS for word in (noun.name, *noun.synonyms)]
    places = [words for _, choices in OUTDOORS.values() for words in choices]
    places += [words for _, choices, _ in TIMELESS.values() for words in choices]
    times = [words for choices in TIME_WORDS.values() for words in choices]
    styles = [word for words in STYLE_WORDS.values() for word in words]
    frame = [*places, *times, *styles, *COLOURS, *PLAIN, *OPENINGS, *ENDINGS, *RELATIONS]
    rng, common = Random(0), COMMON.split()
    chatter = [" ".join(rng.sample(common, 8)) for _ in range(2_000)]
    return [*(names * 40), *(frame * 40), *chatter]


def train_tokenizer() -> CLIPTokenizer:
    """Learn a byte-level BPE vocabulary and return it as CLIP's tokenizer, padded to 32 tokens."""
    learner = Tokenizer(BPE(end_of_word_suffix=WORD_END, unk_token=END))
    learner.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    learner.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(WORDS, behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    bytes_as_letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = BpeTrainer(
        vocab_size=VOCABULARY_SIZE,
        initial_alphabet=bytes_as_letters,
        end_of_word_suffix=WORD_END,
        special_tokens=[START, END],
        show_progress=False,
    )
    learner.train_from_iterator(corpus(), trainer)
    model = json.loads(learner.to_str())["model"]
    vocabulary: dict[str, int] = model["vocab"]
    for letter in bytes_as_letters:
        # A letter at a word's end is a token of its own, or rare words could not be written at all.
        vocabulary.setdefault(letter + WORD_END, len(vocabulary))
    merges: Any = [tuple(pair) if isinstance(pair, list) else tuple(pair.split(" ")) for pair in model["merges"]]
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=MAX_LENGTH, pad_token=END)


def save_tokenizer(tokenizer: CLIPTokenizer, folder: Path) -> None:
    """Save the tokenizer, also in the two files that older readers of the format look for."""
    tokenizer.save_pretrained(folder)
    model = json.loads(tokenizer.backend_tokenizer.to_str())["model"]
    (folder / "vocab.json").write_text(json.dumps(model["vocab"], ensure_ascii=False))
    lines = [" ".join(pair) if isinstance(pair, list) else pair for pair in model["merges"]]
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *lines]) + "\n")


if __name__ == "__main__":
    save_tokenizer(train_tokenizer(), Path(sys.argv[1]))
