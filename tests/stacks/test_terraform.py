"""Terraform reads every stack of every config: references, functions, and arguments by the providers' schemas."""

import copy
import json
import shutil
from collections.abc import Callable

import pytest

from tests.support.synthesis import MATRIX, STACKS, synthesize
from tests.support.terraform import Checked, describe_providers, providers_at_hand, validate

pytestmark = [
    pytest.mark.skipif(
        shutil.which("terraform") is None, reason="needs Terraform, which no package index has: install it to run these"
    ),
    # One validation for all tests: 20 s, minutes on a busy machine.
    pytest.mark.timeout(600),
]

NEWER_ARGUMENTS = {"aws_eks_cluster.deletion_protection"}
"""Arguments of ours that an AWS provider older than the pinned one may lack: 5.100.0 lacks it."""

MODULES = [
    f"{config}-{stack}" for config, values in MATRIX.items() for stack in STACKS if stack != "dns" or "domain" in values
]

CHANGED = {
    "aws": ("core", "aws_vpc", "vpc"),
    "helm": ("workloads", "helm_release", "keda"),
    "kubernetes": ("workloads", "kubernetes_namespace_v1", "pipeline-namespace"),
}
"""A stack and a resource of each provider, which gets an argument that does not exist."""


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """Return the answer for every stack of the matrix, and for some that are wrong on purpose."""
    stacks = {
        f"{name}-{stack.stack}": stack.document
        for name, config in MATRIX.items()
        for stack in synthesize(config).values()
    }
    assert sorted(stacks) == sorted(MODULES)
    text = json.dumps(stacks["with-domain-core"])
    wrong_reference = json.loads(text.replace("aws_vpc.vpc.id", "aws_vpc.gone.id"))
    wrong = {"wrong-reference": wrong_reference}
    for provider, (stack, kind, resource) in CHANGED.items():
        wrong[f"wrong-{provider}"] = copy.deepcopy(stacks[f"with-domain-{stack}"])
        wrong[f"wrong-{provider}"]["resource"][kind][resource]["no_such_argument"] = True
    return validate(stacks | wrong, tmp_path_factory.mktemp("validate"), newer=NEWER_ARGUMENTS)


@pytest.mark.parametrize("module", MODULES)
def test_terraform_finds_nothing(module: str, checked: Checked) -> None:
    assert checked.problems[module] == []


def test_a_reference_to_nothing_is_found(checked: Checked) -> None:
    assert checked.problems["wrong-reference"]
    assert all("undeclared" in problem.lower() for problem in checked.problems["wrong-reference"])


@pytest.mark.parametrize("provider", CHANGED)
def test_an_argument_that_the_provider_lacks_is_found(provider: str, checked: Checked) -> None:
    if provider not in providers_at_hand():
        pytest.skip(f"needs the provider {provider} in a plug-in mirror")
    (problem,) = checked.problems[f"wrong-{provider}"]
    assert "no_such_argument" in problem


def test_the_summary_says_which_providers_checked(
    checked: Checked, record_property: Callable[[str, object], None]
) -> None:
    """Record a line for the end of the run: it says whose arguments were not checked."""
    left_out = sorted({str(one) for unknown in checked.left_out.values() for one in unknown})
    line = f"terraform validate: {describe_providers()}; left out: {', '.join(left_out) or 'nothing'}"
    record_property("summary", line)
    assert set(left_out) <= NEWER_ARGUMENTS
