"""What a request paints on."""

from dataclasses import dataclass

from PIL import Image

from engine.images import Crop, paste


@dataclass(frozen=True, slots=True)
class Canvas:
    """What a request paints on: `size` of the whole result, and the crop of it that is painted, in its size.

    `image`, `mask_image` and `style_image` are those of the request, or None.
    """

    size: tuple[int, int]
    crop: Crop
    image: Image.Image | None
    mask_image: Image.Image | None
    style_image: Image.Image | None = None

    def finish(self, painted: Image.Image) -> Image.Image:
        """Return the whole result with the painted crop in it."""
        if self.image is None or self.mask_image is None:
            return painted
        return paste(self.image, painted, self.mask_image, self.crop)

    @property
    def icc_profile(self) -> bytes | None:
        """The colour profile of the request's picture."""
        return self.image.info.get("icc_profile") if self.image is not None else None

    def miniature(self, painted: Image.Image, longest: int) -> Image.Image:
        """Return the whole result in RGB, no side longer than that, from a rough view of the painted crop."""
        scale = min(1.0, longest / max(self.size))
        width, height = (max(1, round(side * scale)) for side in self.size)
        if self.image is None or self.mask_image is None:
            return painted.resize((width, height), Image.Resampling.BICUBIC)
        left, upper, right, lower = (round(edge * scale) for edge in self.crop.box)
        layer = Image.new("RGB", (width, height))
        part = painted.resize((max(1, right - left), max(1, lower - upper)), Image.Resampling.BICUBIC)
        layer.paste(part, (left, upper))
        whole = self.image.convert("RGB").resize((width, height), Image.Resampling.BILINEAR)
        whole.paste(layer, mask=self.mask_image.resize((width, height), Image.Resampling.BILINEAR))
        return whole
