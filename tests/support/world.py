"""The vocabulary of the starter model, as the engine reports it."""

from engine.api.messages import World
from training.world import describe_world

parts = describe_world()


WORLD = World(words=frozenset(parts.pop("words")), **{name: tuple(part) for name, part in parts.items()})
