"""Prompts: flags such as `--ar`, default parameters, the vocabulary of a small model, and autocomplete."""
