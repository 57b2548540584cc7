"""Compares the AWS requests of a rehearsal with the rights that the stacks give.

Requests are read as calls (`wire`, `operations`), calls as IAM's actions (`actions`) on resources (`resources`) with
condition keys (`context`, `tags`), and these are evaluated (`evaluator`) against the synthesized policies (`policies`).
"""

from stacks.rehearse.rights.check import check
from stacks.rehearse.rights.errors import RightsError
from stacks.rehearse.rights.report import Refusal, RightsReport

__all__ = ["Refusal", "RightsError", "RightsReport", "check"]
