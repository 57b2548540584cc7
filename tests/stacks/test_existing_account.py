"""An instance that uses what the account has already: the stacks make none of it."""

from typing import Any

import pytest

from stacks.config.load import ConfigError, validate_config
from stacks.config.model import PipelineConfig
from stacks.cost.estimate import estimate_lines
from stacks.cost.prices import load_prices
from stacks.graph.resources import Resources
from stacks.graph.surroundings import list_arrows, list_boxes
from tests.support.synthesis import EXISTING, MINIMAL, Synthesized, statements, synthesize

NETWORK = EXISTING["network"]


@pytest.fixture(scope="module")
def existing() -> dict[str, Synthesized]:
    return synthesize(EXISTING)


def refusal(**values: Any) -> str:
    with pytest.raises(ConfigError) as error:
        validate_config({**MINIMAL, **values}, source="pipeline.toml")
    return str(error.value)


def test_core_makes_no_network_in_an_existing_vpc(existing: dict[str, Synthesized]) -> None:
    core = existing["core"]
    for kind in ("vpc", "subnet", "nat_gateway", "eip", "route", "internet_gateway", "default_security_group"):
        assert core.resources(f"aws_{kind}") == {}
    assert "aws_availability_zones" not in core.document.get("data", {})


def test_pods_run_in_the_existing_private_subnets(existing: dict[str, Synthesized]) -> None:
    core = existing["core"]
    [cluster] = core.resources("aws_eks_cluster").values()
    assert cluster["vpc_config"]["subnet_ids"] == NETWORK["private_subnet_ids"]
    for profile in core.resources("aws_eks_fargate_profile").values():
        assert profile["subnet_ids"] == NETWORK["private_subnet_ids"]
    outputs = core.document["output"]
    assert outputs["vpc_id"]["value"] == NETWORK["vpc_id"]
    assert outputs["public_subnet_ids"]["value"] == NETWORK["public_subnet_ids"]


@pytest.mark.parametrize(("scheme", "subnets"), [("internet-facing", "public"), ("internal", "private")])
def test_the_load_balancer_is_given_its_existing_subnets(scheme: str, subnets: str) -> None:
    [ingress] = (
        synthesize({**EXISTING, "load_balancer": {"scheme": scheme}})["workloads"]
        .resources("kubernetes_ingress_v1")
        .values()
    )
    annotations = ingress["metadata"]["annotations"]
    assert annotations["alb.ingress.kubernetes.io/subnets"] == ",".join(NETWORK[f"{subnets}_subnet_ids"])


def test_security_groups_are_allowed_in_the_existing_vpc_only(existing: dict[str, Synthesized]) -> None:
    arn = f"arn:aws:ec2:ap-southeast-2:*:vpc/{NETWORK['vpc_id']}"
    boundary = existing["bootstrap"].policies()["aws_iam_policy.boundary.policy"]
    controller = existing["core"].policies()["aws_iam_role_policy.load-balancer-controller-rights.policy"]
    for policy, sid in ((boundary, "MakeInOwnNetwork"), (controller, "MakeGroupInOwnNetwork")):
        [statement] = [entry for entry in statements(policy) if entry["Sid"] == sid]
        assert statement["Resource"] == [arn]
        assert "Condition" not in statement


def test_an_existing_vpc_saves_the_nat_gateway() -> None:
    lines = estimate_lines(PipelineConfig.model_validate(EXISTING), load_prices(), videos=1000, video_mb=100)
    assert [line.quantity for line in lines if line.what == "public IPv4 addresses"] == ["2 for 730 h"]
    assert "NAT gateway" not in [line.what for line in lines]


@pytest.mark.parametrize(
    ("network", "rule"),
    [
        ({**NETWORK, "vpc_id": None}, "subnets need vpc_id"),
        ({**NETWORK, "private_subnet_ids": NETWORK["private_subnet_ids"][:1]}, "two private subnets at least"),
        ({**NETWORK, "public_subnet_ids": []}, "needs two public subnets at least"),
        ({**NETWORK, "public_subnet_ids": NETWORK["private_subnet_ids"]}, "each subnet is named once"),
        ({**NETWORK, "vpc_id": "my-vpc"}, "the id of a VPC"),
    ],
)
def test_a_network_that_is_named_in_part_is_refused(network: dict[str, Any], rule: str) -> None:
    assert rule in refusal(network=network)


def test_an_existing_network_is_not_measured_by_vpc_cidr() -> None:
    PipelineConfig.model_validate({**EXISTING, "network": {**NETWORK, "subnet_prefix": 27}})


def test_dns_uses_the_existing_zone_and_makes_none(existing: dict[str, Synthesized]) -> None:
    dns = existing["dns"]
    assert dns.resources("aws_route53_zone") == {}
    [zone] = dns.document["data"]["aws_route53_zone"].values()
    assert zone["zone_id"] == "Z0123456789ABCDEFGHIJ"
    for record in dns.resources("aws_route53_record").values():
        assert record["zone_id"] == "${data.aws_route53_zone.existing-zone.zone_id}"


def test_an_existing_zone_is_not_billed_again() -> None:
    lines = estimate_lines(PipelineConfig.model_validate(EXISTING), load_prices(), videos=1000, video_mb=100)
    assert "Route 53 zone" not in [line.what for line in lines]


def test_an_existing_zone_needs_a_domain() -> None:
    assert "an existing zone needs a domain" in refusal(hosted_zone_id="Z0123456789ABCDEFGHIJ")


def test_every_role_has_the_boundary_of_the_organisation(existing: dict[str, Synthesized]) -> None:
    boundary = EXISTING["iam"]["permissions_boundary_arn"]
    roles = [role for stack in existing.values() for role in stack.resources("aws_iam_role").values()]
    assert len(roles) == 10
    assert {role["permissions_boundary"] for role in roles} == {boundary}


def test_the_deploy_role_makes_roles_inside_the_organisations_boundary(existing: dict[str, Synthesized]) -> None:
    policy = existing["bootstrap"].policies()["aws_iam_policy.deploy-cluster.policy"]
    [statement] = [entry for entry in statements(policy) if entry["Sid"] == "GrantInsideTheBoundary"]
    assert statement["Condition"] == {
        "StringEquals": {"iam:PermissionsBoundary": EXISTING["iam"]["permissions_boundary_arn"]}
    }


def test_an_existing_oidc_provider_is_not_made_again(existing: dict[str, Synthesized]) -> None:
    assert existing["bootstrap"].resources("aws_iam_openid_connect_provider") == {}


FILMS = "arn:aws:s3:::acme-films"


def rights_of(stack: Synthesized, address: str) -> dict[str, dict[str, Any]]:
    return {statement["Sid"]: statement for statement in statements(stack.policies()[address])}


def test_source_buckets_notify_the_queue_which_admits_them(existing: dict[str, Synthesized]) -> None:
    core = existing["core"]
    notifications = core.resources("aws_s3_bucket_notification")
    assert set(notifications) == {f"{name}-notification" for name in ("acme-films", "acme-lectures", "videos-bucket")}
    films = notifications["acme-films-notification"]
    assert films["bucket"] == "acme-films"
    assert films["queue"] == [
        {"events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"], "queue_arn": "${aws_sqs_queue.videos-queue.arn}"},
    ]
    admitted = rights_of(core, "aws_sqs_queue_policy.videos-queue-policy.policy")["BucketNotifies"]["Condition"]
    assert FILMS in admitted["ArnEquals"]["aws:SourceArn"]
    assert "acme-films" not in str(core.resources("aws_s3_bucket"))


def test_worker_decrypts_sources_and_api_only_reads_them(existing: dict[str, Synthesized]) -> None:
    worker = rights_of(existing["core"], "aws_iam_role_policy.worker-rights.policy")
    api = rights_of(existing["core"], "aws_iam_role_policy.api-rights.policy")
    for rights in (worker, api):
        assert rights["ReadSources"]["Action"] == ["s3:GetObject", "s3:ListBucket"]
        assert {FILMS, f"{FILMS}/*"} <= set(rights["ReadSources"]["Resource"])
    assert worker["DecryptSources"]["Resource"] == EXISTING["storage"]["source_kms_key_arns"]
    assert worker["DecryptSources"]["Condition"] == {
        "StringEquals": {"kms:ViaService": "s3.ap-southeast-2.amazonaws.com"}
    }
    assert "DecryptSources" not in api


def test_deploy_role_may_look_at_sources_and_set_their_notifications_only(
    existing: dict[str, Synthesized],
) -> None:
    granted = rights_of(existing["bootstrap"], "aws_iam_policy.deploy-data.policy")
    assert granted["SourceBuckets"]["Action"] == [
        "s3:GetBucketLocation",
        "s3:GetBucketNotification",
        "s3:GetEncryptionConfiguration",
        "s3:PutBucketNotification",
    ]
    others = [sid for sid, statement in granted.items() if FILMS in str(statement) and sid != "SourceBuckets"]
    assert others == []


def test_worker_and_api_know_the_source_buckets(existing: dict[str, Synthesized]) -> None:
    text = existing["workloads"].text
    assert text.count('"acme-films,acme-lectures"') == 2
    assert "S3_SOURCE_BUCKETS" not in synthesize(MINIMAL)["workloads"].text


@pytest.mark.parametrize(
    ("storage", "rule"),
    [
        ({"source_kms_key_arns": EXISTING["storage"]["source_kms_key_arns"]}, "keys need source_buckets"),
        ({"source_buckets": ["acme-films", "acme-films"]}, "each source bucket is named once"),
        ({"source_buckets": ["acme-films"], "bucket_name": "acme-films"}, "bucket_name is none of them"),
    ],
)
def test_wrong_sources_are_refused(storage: dict[str, Any], rule: str) -> None:
    assert rule in refusal(storage=storage)


def test_the_graph_draws_sources_and_their_events(existing: dict[str, Synthesized]) -> None:
    found = Resources({name: stack.document for name, stack in existing.items()})
    boxes = {box.key: box.title for box in list_boxes(found)}
    arrows = {(arrow.source, arrow.target) for arrow in list_arrows(found)}
    assert boxes["bucket:acme-films"] == "acme-films"
    assert ("bucket:acme-films", "queue:videos-queue") in arrows
