"""Critiques: what works in a picture and what could be better, written by other members."""
