"""Creations: the pictures of the galleries, with their sources, origins, search index and removal."""
