"""Errors of Terraform runs, as the user reads them.

TerraformError       the root; Terraform or the synthesis has failed
├── DeclinedError    the user did not accept the plan, and nothing was changed
├── LockError        a lock file does not fit (locks.py), and nothing was changed
├── PlanFileError    a saved plan does not fit, and nothing was changed
└── StoppedError     the user stopped it; exit status 130
"""


class TerraformError(Exception):
    """Terraform or the synthesis failed; the message has every error in full."""


class DeclinedError(TerraformError):
    """The user did not accept the plan."""


class PlanFileError(TerraformError):
    """One sentence: which saved plan does not fit, why, and how to make one."""


class StoppedError(TerraformError):
    """One sentence: what Terraform finished before it stopped, and how to go on."""
