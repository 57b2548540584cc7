"""The error of this package, for people: one message, what and how to mend it."""


class TemplateError(Exception):
    """An instance cannot be rendered or updated as asked."""
