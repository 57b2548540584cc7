"""The permissions boundary: every role of the instance can do its work inside it, and none can reach anything else."""

from collections.abc import Iterator

import pytest

from stacks.config.model import PipelineConfig
from stacks.naming import Names
from tests.support.iam_policies import Policy, Request, allows, requests_of
from tests.support.synthesis import MATRIX, MINIMAL, Config, Synthesized, as_list, statements, synthesize

NAMES = Names(PipelineConfig.model_validate(MINIMAL))
REGION, ACCOUNT = NAMES.config.region, NAMES.config.account_id
HERE = {"aws:RequestedRegion": REGION, "aws:ResourceAccount": ACCOUNT}
CLUSTER_TAG = "elbv2.k8s.aws/cluster"

PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
WRITE_LOGS = ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")


def boundary_of(stacks: dict[str, Synthesized]) -> Policy:
    return stacks["bootstrap"].policies()["aws_iam_policy.boundary.policy"]


def work_by_managed_policies(names: Names) -> dict[str, list[Request]]:
    """Return requests that the roles make by the policies that AWS maintains, whose text is not here."""
    region, account = names.config.region, names.config.account_id
    here = {"aws:RequestedRegion": region, "aws:ResourceAccount": account}
    of_eks = names.arn("ecr", "repository/eks/coredns", account="602401143452")
    own = [names.arn("ecr", f"repository/{names.repository(service)}") for service in ("worker", "api", "frontend")]
    insights = names.log_group_arn(names.insights_log_group)
    return {
        "AmazonEKSClusterPolicy": [
            Request(action=f"ec2:Describe{noun}", resource="*", context=here)
            for noun in ("Instances", "NetworkInterfaces", "SecurityGroups", "Subnets", "Vpcs")
        ],
        "AmazonEKSFargatePodExecutionRolePolicy": [
            Request(action="ecr:GetAuthorizationToken", resource="*", context=here),
            *(Request(action=action, resource=repository, context=here) for action in PULL for repository in own),
            # The images of EKS' add-ons are in accounts of AWS.
            *(
                Request(action=action, resource=of_eks, context={**here, "aws:ResourceAccount": "602401143452"})
                for action in PULL
            ),
        ],
        "CloudWatchAgentServerPolicy": [
            Request(action=action, resource=resource, context=here)
            for action in (*WRITE_LOGS, "logs:CreateLogGroup", "logs:PutRetentionPolicy")
            for resource in (insights, f"{insights}:log-stream:pod")
        ],
    }


def work_by_own_policies(core: Synthesized, names: Names) -> Iterator[tuple[str, Request]]:
    """Return every request that the roles' own policies allow, with the role's address."""
    ambient = {"aws:RequestedRegion": names.config.region, "aws:ResourceAccount": names.config.account_id}
    for address, policy in core.policies().items():
        if address.startswith("aws_iam_role_policy."):
            for statement in statements(policy):
                for request in requests_of(statement, ambient):
                    assert request.resource != "TOKEN" or request.action == "secretsmanager:GetSecretValue"
                    secret = names.arn("secretsmanager", f"secret:{names.api_token_secret}-AbCdEf")
                    yield (
                        address,
                        Request(
                            action=request.action,
                            resource=request.resource.replace("TOKEN", secret),
                            context=request.context,
                        ),
                    )


@pytest.mark.parametrize("config", MATRIX.values(), ids=MATRIX)
def test_every_statement_of_every_role_is_inside(config: Config) -> None:
    stacks = synthesize(config)
    boundary, names = boundary_of(stacks), Names(PipelineConfig.model_validate(config))
    work = list(work_by_own_policies(stacks["core"], names))
    frames = ["frames"] if "frames" in config else []
    assert {address for address, _ in work} == {
        f"aws_iam_role_policy.{part}-rights.policy"
        for part in ("fargate", "worker", "api", "keda-operator", "load-balancer-controller", *frames)
    }
    outside = {
        (address, request.action, request.resource) for address, request in work if not allows(boundary, request)
    }
    assert not outside


@pytest.mark.parametrize("config", MATRIX.values(), ids=MATRIX)
def test_what_roles_do_by_policies_of_aws_is_inside(config: Config) -> None:
    stacks = synthesize(config)
    boundary, work = boundary_of(stacks), work_by_managed_policies(Names(PipelineConfig.model_validate(config)))
    attached = stacks["core"].resources("aws_iam_role_policy_attachment").values()
    assert {one["policy_arn"].rpartition("/")[2] for one in attached} == set(work)
    assert not [request for requests in work.values() for request in requests if not allows(boundary, request)]


def test_api_reads_its_token_under_either_key(bootstrap: Synthesized) -> None:
    """Check both keys: AWS' key needs no right, a key of the account needs `kms:Decrypt` for this secret."""
    boundary = bootstrap.policies()["aws_iam_policy.boundary.policy"]
    secret = NAMES.arn("secretsmanager", f"secret:{NAMES.api_token_secret}-AbCdEf")
    through = {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com", "kms:EncryptionContext:SecretARN": secret}
    key = NAMES.arn("kms", "key/1234")
    assert allows(boundary, Request(action="kms:Decrypt", resource=key, context={**HERE, **through}))
    other = {**through, "kms:EncryptionContext:SecretARN": secret.replace("thumbnails/", "billing/")}
    assert not allows(boundary, Request(action="kms:Decrypt", resource=key, context={**HERE, **other}))


def ask(actions: str, resource: str, **context: str) -> Iterator[Request]:
    """Yield a request for each of the actions, given as `service:First Second`."""
    service, _, names = actions.partition(":")
    for name in names.split():
        yield Request(action=f"{service}:{name}", resource=resource, context={**HERE, **context})


def foreign_data() -> Iterator[Request]:
    for bucket in ("payroll", NAMES.state_bucket, f"{NAMES.resources.bucket}-two"):
        yield from ask("s3:GetObject PutObject DeleteObject", f"{NAMES.bucket_arn_of(bucket)}/uploads/a.mp4")
    yield from ask("s3:CreateBucket", NAMES.bucket_arn_of("thumbnails-new"))
    yield from ask("s3:ListAllMyBuckets", "*")
    for name in ("billing", "thumbnails-two-videos", "thumbnails-videos-two"):
        yield from ask("sqs:ReceiveMessage SendMessage DeleteQueue", NAMES.arn("sqs", name))
        yield from ask("dynamodb:Scan DeleteTable", NAMES.arn("dynamodb", f"table/{name}"))
        yield from ask("logs:PutLogEvents", f"{NAMES.log_group_arn(f'/{name}/pods')}:log-stream:x")
    for secret in ("billing/api-token", "thumbnails-two/api-token", "thumbnails/api-token-two"):
        yield from ask("secretsmanager:GetSecretValue", NAMES.arn("secretsmanager", f"secret:{secret}-AbCdEf"))
    yield from ask("kms:Decrypt ScheduleKeyDeletion", NAMES.arn("kms", "key/1234"))
    yield from ask("kms:CreateKey", "*")
    for repository in ("billing", "thumbnails-two-api"):
        yield from ask("ecr:BatchGetImage GetDownloadUrlForLayer", NAMES.arn("ecr", f"repository/{repository}"))
    yield from ask("ecr:PutImage BatchDeleteImage", NAMES.arn("ecr", "repository/thumbnails-api"))


def foreign_network() -> Iterator[Request]:
    elb = "elasticloadbalancing"
    group, target_group = NAMES.arn("ec2", "security-group/sg-1"), NAMES.arn(elb, "targetgroup/billing/1")
    theirs = {f"aws:ResourceTag/{CLUSTER_TAG}": "thumbnails-two", "aws:ResourceTag/pipeline": "thumbnails-two"}
    # A tag of ours on what somebody else has made would make it ours.
    claimed = {f"aws:RequestTag/{CLUSTER_TAG}": "thumbnails"}
    rights_on_groups = "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress DeleteSecurityGroup"
    for context in ({}, theirs):
        yield from ask(f"ec2:{rights_on_groups} CreateTags", group, **context)
        yield from ask("ec2:CreateSecurityGroup DeleteVpc", NAMES.arn("ec2", "vpc/vpc-1"), **context)
        yield from ask(f"{elb}:RegisterTargets DeregisterTargets DeleteTargetGroup", target_group, **context)
        yield from ask("ec2:CreateTags", group, **context, **claimed)
        yield from ask(f"{elb}:AddTags", target_group, **context, **claimed)
    yield from ask("ec2:RunInstances TerminateInstances", NAMES.arn("ec2", "instance/i-1"))
    for name in ("billing", "thumbnails-two"):
        balancer = NAMES.arn(elb, f"loadbalancer/app/{name}/1")
        yield from ask(f"{elb}:DeleteLoadBalancer CreateListener AddTags SetSecurityGroups", balancer, **claimed)
        yield from ask(f"{elb}:ModifyListener CreateRule", NAMES.arn(elb, f"listener/app/{name}/1/2"))
        yield from ask(f"{elb}:ModifyRule", NAMES.arn(elb, f"listener-rule/app/{name}/1/2/3"))
        yield from ask("wafv2:DisassociateWebACL", balancer)


def foreign_administration() -> Iterator[Request]:
    for cluster in ("thumbnails", "billing"):
        yield from ask("eks:DeleteCluster CreateAccessEntry", NAMES.arn("eks", f"cluster/{cluster}"))
    yield from ask("wafv2:DeleteWebACL", NAMES.arn("wafv2", "regional/webacl/dashboards/1"))
    yield from ask("acm:DeleteCertificate", NAMES.arn("acm", "certificate/1"))
    yield from ask("cloudwatch:DeleteAlarms", NAMES.arn("cloudwatch", "alarm:billing"))
    yield from ask("ssm:GetParameter", NAMES.arn("ssm", "parameter/billing"))
    yield from ask("cognito-idp:AdminCreateUser", NAMES.arn("cognito-idp", "userpool/1"))
    yield from ask("shield:DeleteProtection", NAMES.arn("shield", "protection/1", region=""))
    yield from ask("iam:CreateRole PutRolePolicy PassRole CreateServiceLinkedRole", NAMES.role_arn("worker"))
    yield from ask("sts:AssumeRole", NAMES.arn("iam", "role/admin", region=""))


def test_no_role_reaches_what_is_not_the_instances(bootstrap: Synthesized) -> None:
    boundary = bootstrap.policies()["aws_iam_policy.boundary.policy"]
    asked = [*foreign_data(), *foreign_network(), *foreign_administration()]
    assert len(asked) > 80
    assert not [(request.action, request.resource) for request in asked if allows(boundary, request)]


def test_only_reads_apply_to_every_resource(bootstrap: Synthesized) -> None:
    for statement in statements(bootstrap.policies()["aws_iam_policy.boundary.policy"]):
        keys = {key for asked in statement.get("Condition", {}).values() for key in asked}
        if "*" in as_list(statement["Resource"]) and keys <= {"aws:RequestedRegion"}:
            verbs = {action.partition(":")[2] for action in as_list(statement["Action"])}
            assert all(verb.startswith(("Describe", "Get", "List")) for verb in verbs), statement
