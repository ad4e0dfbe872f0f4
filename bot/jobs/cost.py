"""Estimated cost of a job before it runs: the engine time that the fair queue charges to its member."""

from engine.api.messages import GenerationParameters

# Side length in pixels, assumed while the native size of a model isn't known.
USUAL_SIZE = 512


def cost(parameters: GenerationParameters, native_size: int = USUAL_SIZE) -> float:
    """Return a job's estimated cost, above 0, in rows of the denoising batch at the model's native size.

    Nearly all of a job's time goes into the noise prediction network. It is called once per step, with one row per
    picture, and a second one if classifier-free guidance compares it with an empty prompt. The time of a row is taken
    to be proportional to the picture's area. A strength below 1 skips the first steps. A job without a size (0 by 0)
    runs at the model's native size, `native_size` pixels a side.
    """
    rows = parameters.num_images * (2 if parameters.guidance_scale > 1 else 1)
    steps = max(1.0, parameters.num_inference_steps * parameters.strength)
    area = parameters.width * parameters.height / native_size**2
    return rows * steps * (area or 1.0)
