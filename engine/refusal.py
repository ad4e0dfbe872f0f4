"""What one request can't have, said to the member."""


class RefusedError(Exception):
    """The request can't be done as it was asked; the message is one plain sentence: what is wrong, what to do."""
