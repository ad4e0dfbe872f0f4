"""What every picture carries in itself: how it was made, in the words that the field's tools read."""

from engine.api.messages import GenerationParameters


def parameters_text(parameters: GenerationParameters, number: int, model: str, size: tuple[int, int]) -> str:
    """Return the text of a PNG's `parameters` chunk for picture `number` of a request, painted at `size`.

    Its form is that of AUTOMATIC1111's web UI, which Civitai, ComfyUI's loaders and others read.
    """
    lines = [parameters.prompt]
    if parameters.negative_prompt:
        lines.append(f"Negative prompt: {parameters.negative_prompt}")
    facts = {
        "Steps": parameters.num_inference_steps,
        "Sampler": parameters.scheduler,
        "CFG scale": f"{parameters.guidance_scale:g}",
        "Seed": parameters.seed + number,
        "Size": f"{size[0]}x{size[1]}",
        "Model": model,
        "Denoising strength": f"{parameters.strength:g}",
        **({"CFG rescale": f"{parameters.guidance_rescale:g}"} if parameters.guidance_rescale else {}),
        **({"Chaos": f"{parameters.chaos:g}"} if parameters.chaos < 1 else {}),
        **({"Tiling": True} if parameters.tile else {}),
        "Version": "Atelier",
    }
    lines.append(", ".join(f"{name}: {value}" for name, value in facts.items()))
    return "\n".join(lines)
