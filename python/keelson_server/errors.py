"""What a caller is told when a request cannot be answered."""

from __future__ import annotations


class RequestError(Exception):
    """A request that cannot be answered; `message` is safe to show and names the field it is about."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class LoadError(Exception):
    """The model cannot be served; the message is the reason as a person should read it."""


def bad(message: str) -> RequestError:
    """400: the request itself is wrong."""
    return RequestError(400, message)


def shorten(value: object, limit: int = 60) -> str:
    """A value as it may stand in a message: its repr, cut off."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
