"""Kept-out pictures: copies of pictures that moderators removed are refused as inputs and held as results."""
