"""Rules of a server for prompts: words and regular expressions that members may not use."""
