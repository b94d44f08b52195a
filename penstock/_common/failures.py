"""Words for errors that are of penstock, not of the project."""

__all__ = ["own_failure"]


def own_failure(error: Exception, at: str = "") -> str:
    """Return a sentence that penstock itself failed with *error*, for a message.

    Args:
        error: What was raised.
        at: Where, as ``" at its objects"``, if the message does not say it.
    """
    return f"penstock itself failed{at} ({type(error).__name__}: {error}), please report it"
