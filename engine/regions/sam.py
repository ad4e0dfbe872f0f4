"""The thing at a point: Segment Anything (Kirillov et al. 2023)."""

import torch
from PIL import Image
from transformers import SamModel, SamProcessor

from engine.regions.fetched import fetched
from engine.regions.masks import Mask, Point, pixel

SAM = "facebook/sam-vit-base"


class SegmentAnything:
    """Finds the thing that a point lies on."""

    def __init__(self, name: str, device: str) -> None:
        """Take the network from a Hub id or a folder. Raises ModelUnavailableError."""
        self._device = device
        self._processor, self._network = fetched(name, SamProcessor, SamModel, device)

    @torch.inference_mode()
    def at(self, picture: Image.Image, point: Point) -> Mask:
        """Return the thing at a point of a picture in RGB: of those that the network proposes, the likeliest."""
        x, y = pixel(point, picture.size)
        inputs = self._processor(picture, input_points=[[[x, y]]], return_tensors="pt")
        outputs = self._network(
            pixel_values=inputs["pixel_values"].to(self._device),
            input_points=inputs["input_points"].to(self._device, torch.float32),
        )
        best = outputs.iou_scores[0, 0].argmax()
        [masks] = self._processor.image_processor.post_process_masks(
            outputs.pred_masks[:, :, best][:, :, None].cpu(), inputs["original_sizes"], inputs["reshaped_input_sizes"]
        )
        return masks[0, 0].numpy()
