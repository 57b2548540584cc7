"""The error of this package for the user: one message, what is wrong and how to fix it."""


class TemplateError(Exception):
    """An instance cannot be rendered or updated as asked."""
