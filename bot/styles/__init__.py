"""Named styles: words, or an image, that a member or a server adds to prompts."""
