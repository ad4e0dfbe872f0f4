"""What a job costs, before anybody has painted it: how much of the painter's time is counted against its member."""

from engine.messages import GenerationParameters

# Of a model whose size isn't known yet.
USUAL_SIZE = 512


def cost(parameters: GenerationParameters, native_size: int = USUAL_SIZE) -> float:
    """Return about how many rows of a batch, each of one picture of the model's own size, a job takes; above 0.

    Nearly all of a job's time goes into the network that predicts noise. It is called once a step, with a row for each
    picture and one more where guidance compares it with no prompt; a row takes the longer the larger its picture is. Of
    the steps, a strength below 1 leaves out the first. A job that names no size is painted at the model's own.
    """
    rows = parameters.num_images * (2 if parameters.guidance_scale > 1 else 1)
    steps = max(1.0, parameters.num_inference_steps * parameters.strength)
    area = parameters.width * parameters.height / native_size**2
    return rows * steps * (area or 1.0)
