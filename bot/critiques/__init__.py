"""Critiques that members write about each other's pictures."""
