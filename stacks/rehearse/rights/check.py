"""Comparison of a rehearsal's requests with the synthesized policies."""

import fnmatch
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stacks.rehearse.requests import RecordedRequest, read_requests
from stacks.rehearse.rights.actions import NeededAction, needs, needs_to_decrypt
from stacks.rehearse.rights.context import Account, context_of
from stacks.rehearse.rights.evaluator import AccessDecision, AccessRequest, Evaluator
from stacks.rehearse.rights.policies import Policies, Role
from stacks.rehearse.rights.report import Refusal, RightsReport
from stacks.rehearse.rights.resources import CallScope, resources_of
from stacks.rehearse.rights.wire import Call, read_call

_UNBOUNDED = "admin"
"""The principal that deploys bootstrap: an administrator, whose rights are not ours."""


@dataclass(frozen=True)
class _Asked:
    """A request with the call that it makes and the actions that the call needs."""

    recorded: RecordedRequest
    call: Call
    needs: tuple[NeededAction, ...]


def check(
    requests: Path, cdktf_out: Path, *, project: Path | None = None, encrypted: Mapping[str, str] | None = None
) -> RightsReport:
    """Return what the recorded requests say about the policies of the synthesized stacks.

    `project` is the folder with `node_modules`: the working directory, unless it is given. `encrypted` has the ARN of
    the key of each existing bucket whose objects are encrypted with one.

    Raises:
        RightsError: a request cannot be read or is not known, or the evaluator is not there.
    """
    policies, evaluator = Policies(cdktf_out), Evaluator(project or Path.cwd())
    asked = list(_read(requests, encrypted or {}))
    known = evaluator.describe(need.action for one in asked for need in one.needs)
    roles = {name: policies.role(name) for name in sorted({_principal(one) for one in asked} - {_UNBOUNDED})}
    decisions: dict[AccessRequest, _Asked] = {}
    account = Account()
    for one in asked:
        place = CallScope(one.call.region or policies.place.region, policies.place.account)
        for need in one.needs if _principal(one) in roles else ():
            for resource in resources_of(need, known[need.action], place):
                context = context_of(one.call, need, resource, account, place)
                request = AccessRequest(_principal(one), need.action, resource, tuple(sorted(context.items())))
                decisions.setdefault(request, one)
        if one.recorded.status < 400:
            account.learn(one.call, one.needs, one.recorded.answer, known, place)
    found = {request.resource: policy for request in decisions if (policy := policies.of_resource(request.resource))}
    outcomes = evaluator.evaluate(roles, list(decisions), found, policies.place.account)
    results = dict(zip(decisions, outcomes, strict=True))
    return RightsReport(
        checked=sum(_principal(one) in roles for one in asked),
        decisions=len(decisions),
        refused=tuple(
            _refusal(request, decisions[request], outcome, roles[request.role])
            for request, outcome in results.items()
            if not outcome.allowed
        ),
        unused={role.name: tuple(_unused(name, role, results)) for name, role in roles.items()},
        not_compared=tuple(
            f"{one}, whose text is not in the stacks" for role in roles.values() for one in role.unknown
        ),
    )


def _read(requests: Path, encrypted: Mapping[str, str]) -> Iterator[_Asked]:
    keys: dict[str, str] = {}
    for recorded in read_requests(requests):
        call = read_call(recorded)
        alias = str(call.parameters.get("AliasName"))
        if str(call) == "kms:CreateAlias":
            keys[alias] = str(call.parameters["TargetKeyId"])
        elif str(call) == "kms:DeleteAlias" and alias in keys:
            # It needs a right on the key as well, which it does not name.
            call = replace(call, parameters={**call.parameters, "TargetKeyId": keys[alias]})
        yield _Asked(recorded, call, (*needs(call), *needs_to_decrypt(call, encrypted)))


def _principal(one: _Asked) -> str:
    return one.recorded.principal


def _refusal(request: AccessRequest, one: _Asked, outcome: AccessDecision, role: Role) -> Refusal:
    statement: dict[str, Any] | None = {
        "Effect": "Allow",
        "Action": [request.action],
        "Resource": [request.resource],
    }
    if outcome.denied_by:
        where = " and ".join(f"{sid} of {policy or 'the resource'}" for policy, sid in outcome.denied_by)
        reason, statement = f"the statement {where} denies it", None
    elif not outcome.by:
        near = "; ".join(f"{sid} of {policy} has another {what}" for policy, sid, what in outcome.near)
        reason = f"no statement of {role.name} allows it" + (f" ({near})" if near else "")
    else:
        name = role.boundary[0] if role.boundary else "resource's policy"
        reason = f"{role.name} may do it, and the boundary {name} does not allow it"
    return Refusal(
        principal=one.recorded.principal,
        stack=one.recorded.stack,
        operation=str(one.call),
        action=request.action,
        resource=request.resource,
        reason=reason,
        statement=statement,
        context=dict(request.context),
    )


def _unused(principal: str, role: Role, results: Mapping[AccessRequest, AccessDecision]) -> Iterator[str]:
    """Yield `Sid: action` for each action of the role's policies that no allowed request needed."""
    used = {
        (policy, sid, request.action.lower())
        for request, outcome in results.items()
        if request.role == principal and outcome.allowed
        for policy, sid in outcome.by
    }
    for name, policy in role.policies.items():
        for statement in policy["Statement"]:
            if statement["Effect"] == "Allow":
                sid = statement["Sid"]
                actions = {action for policy_name, of, action in used if (policy_name, of) == (name, sid)}
                yield from (f"{sid}: {one}" for one in _as_list(statement["Action"]) if not _matched(one, actions))


def _matched(pattern: str, actions: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(action, pattern.lower()) for action in actions)


def _as_list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
