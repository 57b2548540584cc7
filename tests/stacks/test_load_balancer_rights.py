"""Rights of the load balancer controller: no tag makes somebody else's load balancer its own."""

import pytest

from stacks.config.model import PipelineConfig
from stacks.naming import CLUSTER_TAG, Names
from tests.support.iam_policies import Request, allows
from tests.support.synthesis import WITH_DOMAIN, Synthesized

NAMES = Names(PipelineConfig.model_validate(WITH_DOMAIN))
OWN = {
    f"aws:RequestTag/{CLUSTER_TAG}": NAMES.cluster,
    f"aws:ResourceTag/{CLUSTER_TAG}": NAMES.cluster,
    "elasticloadbalancing:CreateAction": "CreateLoadBalancer",
}


@pytest.mark.parametrize("action", ["AddTags", "DeleteLoadBalancer", "SetSecurityGroups", "CreateListener"])
def test_load_balancer_of_another_name_is_refused(core: Synthesized, action: str) -> None:
    policy = core.policies()["aws_iam_role_policy.load-balancer-controller-rights.policy"]
    own, foreign = (
        Request(
            action=f"elasticloadbalancing:{action}",
            resource=NAMES.arn("elasticloadbalancing", f"loadbalancer/app/{name}/1a2b"),
            context=OWN,
        )
        for name in (NAMES.load_balancer, "billing")
    )
    assert allows(policy, own)
    assert not allows(policy, foreign)
