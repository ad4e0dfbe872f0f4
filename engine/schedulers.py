"""Schedulers by name, each created anew from the model's own configuration."""

from typing import Any

from diffusers import (
    DDIMScheduler,
    DDPMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    PNDMScheduler,
    UniPCMultistepScheduler,
)

SCHEDULERS: dict[str, tuple[Any, dict[str, Any]]] = {
    "ddim": (DDIMScheduler, {"clip_sample": False}),
    "ddpm": (DDPMScheduler, {"clip_sample": False}),
    "pndm": (PNDMScheduler, {"skip_prk_steps": True}),
    "euler": (EulerDiscreteScheduler, {}),
    "euler_a": (EulerAncestralDiscreteScheduler, {}),
    "dpm++_2m": (DPMSolverMultistepScheduler, {"use_karras_sigmas": False}),
    "dpm++_2m_karras": (DPMSolverMultistepScheduler, {"use_karras_sigmas": True}),
    "unipc": (UniPCMultistepScheduler, {}),
}


def create_scheduler(name: str, model_scheduler: Any) -> Any:
    """Return a scheduler of its own for one request.

    Always built from the configuration of the scheduler that the model came with, never from another
    request's: settings such as Karras sigmas leak through a chain of `from_config`, and the state of a
    shared scheduler breaks both requests. Raises ValueError for a name that is not known.
    """
    if name != "default" and name not in SCHEDULERS:
        raise ValueError(f"there is no scheduler {name}")
    kind, settings = SCHEDULERS.get(name, (type(model_scheduler), {}))
    return kind.from_config(model_scheduler.config, **settings)
