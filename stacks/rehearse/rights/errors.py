"""Errors of the check of rights."""


class RightsError(Exception):
    """The requests of a rehearsal cannot be compared with the policies."""


class UnknownRequestError(RightsError):
    """A request is of no operation that is known, or nothing tells its IAM action or resource."""


class EvaluatorError(RightsError):
    """The evaluator of policies is not installed, or does not answer."""
