"""The weekly digest: a post of the best pictures of the last seven days."""
