"""The core stack: what AWS is asked for, and that it is what the services know."""

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest

from services.contract.resources import pipeline_resources
from stacks.config.model import PipelineConfig
from stacks.naming import Names
from tests.support.iam_policies import Request, allows
from tests.support.synthesis import EVERYTHING, MATRIX, MINIMAL, Config, Synthesized, as_list, statements, synthesize

NAMES = Names(PipelineConfig.model_validate(MINIMAL))
WITH_OWN_NETWORK = [name for name, config in MATRIX.items() if "vpc_id" not in config.get("network", {})]


def core_of(config: Config) -> Synthesized:
    return synthesize(config)["core"]


def rights(core: Synthesized, role: str) -> dict[str, dict[str, Any]]:
    """Return a role's statements by their names."""
    policy = core.policies()[f"aws_iam_role_policy.{role}-rights.policy"]
    return {statement["Sid"]: statement for statement in statements(policy)}


def actions(core: Synthesized, role: str) -> set[str]:
    return {action for statement in rights(core, role).values() for action in statement["Action"]}


def test_queue_table_and_notification_match_the_contract(core: Synthesized) -> None:
    contract = pipeline_resources("thumbnails")
    queues = core.resources("aws_sqs_queue")
    for logical_id, described in {
        "videos-queue": contract.queue,
        "dead-letters-queue": contract.dead_letter_queue,
    }.items():
        queue = queues[logical_id]
        assert queue["name"] == described.name
        assert queue["visibility_timeout_seconds"] == described.visibility_timeout_s
        assert queue["message_retention_seconds"] == described.retention_s
        assert queue["receive_wait_time_seconds"] == described.receive_wait_s
    table = core.resources("aws_dynamodb_table")["videos-table"]
    [index] = table["global_secondary_index"]
    assert (table["name"], table["hash_key"], table["billing_mode"]) == (
        contract.table.name,
        contract.table.partition_key,
        "PAY_PER_REQUEST",
    )
    assert (index["name"], index["hash_key"], index["range_key"], index["projection_type"]) == (
        contract.table.index,
        contract.table.index_partition_key,
        contract.table.index_sort_key,
        "ALL",
    )
    [notification] = core.resources("aws_s3_bucket_notification").values()
    [rule] = notification["queue"]
    assert rule["events"] == list(contract.notification.events)
    assert rule["filter_prefix"] == contract.notification.prefix
    assert "filter_suffix" not in rule


def test_every_queue_but_a_dead_letter_queue_has_one(core: Synthesized) -> None:
    for logical_id, queue in core.resources("aws_sqs_queue").items():
        assert queue["sqs_managed_sse_enabled"] is True
        if logical_id != "dead-letters-queue":
            redrive = json.loads(queue["redrive_policy"])
            assert redrive["deadLetterTargetArn"] == "${aws_sqs_queue.dead-letters-queue.arn}"
            assert redrive["maxReceiveCount"] == pipeline_resources("thumbnails").queue.max_receive_count
    [allowed] = core.resources("aws_sqs_queue_redrive_allow_policy").values()
    assert json.loads(allowed["redrive_allow_policy"])["redrivePermission"] == "byQueue"


def test_queue_policy_precedes_notification_and_names_our_bucket(core: Synthesized) -> None:
    policy = core.policies()["aws_sqs_queue_policy.videos-queue-policy.policy"]
    allow = next(statement for statement in statements(policy) if statement["Effect"] == "Allow")
    assert allow["Principal"] == {"Service": "s3.amazonaws.com"}
    assert allow["Condition"] == {
        "ArnEquals": {"aws:SourceArn": NAMES.bucket_arn},
        "StringEquals": {"aws:SourceAccount": "123456789012"},
    }
    [notification] = core.resources("aws_s3_bucket_notification").values()
    assert notification["depends_on"] == ["aws_sqs_queue_policy.videos-queue-policy"]


@pytest.mark.parametrize("stack", ["bootstrap", "core"])
def test_every_bucket_is_closed_encrypted_versioned_and_tidied(stack: str, synthesized: dict[str, Synthesized]) -> None:
    found = synthesized[stack]
    buckets = {block["bucket"] for block in found.resources("aws_s3_bucket_public_access_block").values()}
    made = {f"${{aws_s3_bucket.{logical_id}.id}}" for logical_id in found.resources("aws_s3_bucket")}
    assert buckets >= made
    assert buckets
    for block in found.resources("aws_s3_bucket_public_access_block").values():
        flags = {"block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"}
        assert {flag for flag in flags if block[flag] is True} == flags
    for kind in (
        "aws_s3_bucket_ownership_controls",
        "aws_s3_bucket_server_side_encryption_configuration",
        "aws_s3_bucket_versioning",
        "aws_s3_bucket_policy",
        "aws_s3_bucket_lifecycle_configuration",
    ):
        assert {resource["bucket"] for resource in found.resources(kind).values()} == buckets, kind
    for address, policy in found.policies().items():
        if address.startswith("aws_s3_bucket_policy"):
            [deny] = statements(policy)
            assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def upload_rule(config: Config) -> dict[str, Any]:
    """Return the bucket's only CORS rule."""
    [cors] = core_of(config).resources("aws_s3_bucket_cors_configuration").values()
    [rule] = cors["cors_rule"]
    found: dict[str, Any] = rule
    return found


def s3_lets_in(rule: dict[str, Any], origin: str) -> bool:
    """Match an origin as S3 does, with one `*`.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
    """
    assert all(allowed.count("*") <= 1 for allowed in rule["allowed_origins"])
    return any(fnmatchcase(origin, allowed) for allowed in rule["allowed_origins"])


def test_with_https_browsers_upload_from_exact_origins() -> None:
    rule = upload_rule(EVERYTHING)
    assert rule["allowed_origins"] == ["https://videos.example.com", "https://intranet.example.com"]
    assert rule["expose_headers"] == ["ETag"]


@pytest.mark.parametrize(
    ("change", "origin"),
    [
        ({}, "http://thumbnails-1234567890.ap-southeast-2.elb.amazonaws.com"),
        (
            {"load_balancer": {"scheme": "internal"}},
            "http://internal-thumbnails-1234567890.ap-southeast-2.elb.amazonaws.com",
        ),
        ({"region": "cn-north-1"}, "http://thumbnails-1234567890.cn-north-1.elb.amazonaws.com.cn"),
        ({"domain": "example.com"}, "http://thumbnails-1234567890.ap-southeast-2.elb.amazonaws.com"),
        ({"domain": "example.com"}, "http://thumbnail.example.com"),
        ({"domain": "example.com"}, "https://thumbnail.example.com"),
    ],
)
def test_before_https_browsers_upload_from_the_dashboards_addresses(change: Config, origin: str) -> None:
    rule = upload_rule({**MINIMAL, **change})
    assert s3_lets_in(rule, origin)
    for foreign in (
        "http://others-1234567890.ap-southeast-2.elb.amazonaws.com",
        "http://thumbnails-1234567890.us-east-1.elb.amazonaws.com",
        "http://thumbnails-1.example.org",
        "http://evil.example.com",
    ):
        assert not s3_lets_in(rule, foreign)


def test_an_existing_test_source_bucket_is_not_made() -> None:
    assert set(core_of(MINIMAL).resources("aws_s3_bucket")) == {"videos-bucket", "test-videos-bucket"}
    assert set(core_of(EVERYTHING).resources("aws_s3_bucket")) == {"videos-bucket"}


def test_worker_has_these_rights_and_no_more(core: Synthesized) -> None:
    granted = rights(core, "worker")
    queue, bucket = NAMES.queue_arn, NAMES.bucket_arn
    assert {(action, *as_list(one["Resource"])) for one in granted.values() for action in one["Action"]} == {
        ("sqs:ReceiveMessage", queue),
        ("sqs:DeleteMessage", queue),
        ("sqs:ChangeMessageVisibility", queue),
        ("sqs:GetQueueAttributes", queue),
        ("sqs:SendMessage", NAMES.dead_letter_queue_arn),
        ("s3:GetObject", f"{bucket}/uploads/*", f"{bucket}/thumbnails/*"),
        ("s3:PutObject", f"{bucket}/thumbnails/*"),
        ("s3:DeleteObject", f"{bucket}/thumbnails/*", f"{bucket}/frames/*"),
        ("s3:DeleteObjectVersion", f"{bucket}/thumbnails/*", f"{bucket}/frames/*"),
        ("s3:ListBucketVersions", bucket),
        ("s3:ListBucket", bucket),
        ("dynamodb:BatchGetItem", NAMES.table_arn),
        ("dynamodb:DeleteItem", NAMES.table_arn),
        ("dynamodb:GetItem", NAMES.table_arn),
        ("dynamodb:PutItem", NAMES.table_arn),
        ("dynamodb:UpdateItem", NAMES.table_arn),
        ("dynamodb:ConditionCheckItem", NAMES.table_arn),
    }


def test_api_writes_uploads_and_deletes_under_our_prefixes(core: Synthesized) -> None:
    granted = rights(core, "api")
    bucket = NAMES.bucket_arn
    assert granted["Purge"]["Resource"] == [f"{bucket}/{prefix}/*" for prefix in ("uploads", "thumbnails", "frames")]
    writers = [one for one in granted.values() if "s3:PutObject" in one["Action"]]
    assert [one["Resource"] for one in writers] == [[f"{bucket}/uploads/*"]]
    assert granted["ReadTestVideos"]["Resource"] == [f"{NAMES.test_source_bucket_arn}/*"]
    queues = [NAMES.queue_arn, NAMES.dead_letter_queue_arn]
    assert granted["Redrive"] == {**granted["Redrive"], "Action": ["sqs:SendMessage"], "Resource": queues}
    assert granted["ReadDeadLetters"]["Resource"] == [NAMES.dead_letter_queue_arn]


@pytest.mark.parametrize("prefix", ["uploads", "thumbnails"])
def test_api_deletes_only_the_object_version_seen(core: Synthesized, prefix: str) -> None:
    """Check GetObject, which a DELETE with If-Match needs, and HEAD as well."""
    policy = core.policies()["aws_iam_role_policy.api-rights.policy"]
    resource = f"{NAMES.bucket_arn}/{prefix}/a.mp4"
    for action in ("s3:GetObject", "s3:DeleteObject", "s3:DeleteObjectVersion"):
        assert allows(policy, Request(action=action, resource=resource))
    for action in ("s3:ListBucket", "s3:ListBucketVersions"):
        assert allows(policy, Request(action=action, resource=NAMES.bucket_arn))


def test_worker_overwrites_only_the_thumbnail_version_seen(core: Synthesized) -> None:
    """Check GetObject, which a PUT with If-Match needs, and HEAD as well; it deletes thumbnails only."""
    policy = core.policies()["aws_iam_role_policy.worker-rights.policy"]
    thumbnail = f"{NAMES.bucket_arn}/thumbnails/a.jpg"
    for action in ("s3:GetObject", "s3:PutObject"):
        assert allows(policy, Request(action=action, resource=thumbnail))
    upload = f"{NAMES.bucket_arn}/uploads/a.mp4"
    for action in ("s3:DeleteObject", "s3:DeleteObjectVersion"):
        assert allows(policy, Request(action=action, resource=thumbnail))
        assert not allows(policy, Request(action=action, resource=upload))
    for prefix, is_allowed in (("thumbnails/a_", True), ("frames/a/", True), ("uploads/", False)):
        listing = Request(action="s3:ListBucketVersions", resource=NAMES.bucket_arn, context={"s3:prefix": prefix})
        assert allows(policy, listing) is is_allowed
    assert not allows(policy, Request(action="s3:PutObject", resource=f"{NAMES.bucket_arn}/uploads/a.mp4"))


def test_keda_reads_the_depth_of_one_queue(core: Synthesized) -> None:
    assert actions(core, "keda-operator") == {"sqs:GetQueueAttributes"}


def test_service_accounts_are_trusted_by_their_exact_name(core: Synthesized) -> None:
    subjects = {}
    for address, policy in core.policies().items():
        for statement in statements(policy):
            if statement["Action"] == ["sts:AssumeRoleWithWebIdentity"]:
                condition = statement["Condition"]
                assert set(condition) == {"StringEquals"}
                assert set(condition["StringEquals"]) == {"TOKEN:sub", "TOKEN:aud"}
                assert condition["StringEquals"]["TOKEN:aud"] == "sts.amazonaws.com"
                subjects[address.split(".")[1]] = condition["StringEquals"]["TOKEN:sub"]
    assert subjects == {
        "worker-role": "system:serviceaccount:thumbnails:thumbnails-worker",
        "api-role": "system:serviceaccount:thumbnails:thumbnails-api",
        "keda-operator-role": "system:serviceaccount:keda:keda-operator",
        "load-balancer-controller-role": "system:serviceaccount:kube-system:aws-load-balancer-controller",
        "collector-role": "system:serviceaccount:fargate-container-insights:adot-collector",
    }


def test_every_role_stays_inside_the_boundary(core: Synthesized) -> None:
    assert {role["permissions_boundary"] for role in core.resources("aws_iam_role").values()} == {NAMES.boundary_arn}


def test_cluster_admits_deploy_role_but_not_its_creator(core: Synthesized) -> None:
    cluster = core.resources("aws_eks_cluster")["cluster"]
    assert cluster["access_config"] == {
        "authentication_mode": "API",
        "bootstrap_cluster_creator_admin_permissions": False,
    }
    assert cluster["bootstrap_self_managed_addons"] is False
    assert cluster["upgrade_policy"] == {"support_type": "STANDARD"}
    assert "aws_cloudwatch_log_group.cluster-logs" in cluster["depends_on"]
    assert core.resources("aws_eks_access_entry")["deploy"]["principal_arn"] == NAMES.role_arn("deploy")


@pytest.mark.parametrize("logs", [["audit", "authenticator"], []])
def test_control_plane_logs_are_those_of_the_config(logs: list[str]) -> None:
    given = {} if logs else {"cluster": {"control_plane_logs": logs}}
    cluster = core_of({**MINIMAL, **given}).resources("aws_eks_cluster")["cluster"]
    assert cluster.get("enabled_cluster_log_types", []) == logs


def test_coredns_runs_on_fargate_after_all_profiles(core: Synthesized) -> None:
    add_ons = core.resources("aws_eks_addon")
    assert json.loads(add_ons["coredns"]["configuration_values"]) == {"computeType": "Fargate"}
    assert "metrics-server" in add_ons
    profiles = {f"aws_eks_fargate_profile.{logical_id}" for logical_id in core.resources("aws_eks_fargate_profile")}
    assert set(add_ons["coredns"]["depends_on"]) >= profiles


def test_add_ons_upgrade_to_their_clusters_default_version(core: Synthesized) -> None:
    versions = core.document["data"]["aws_eks_addon_version"]
    add_ons = core.resources("aws_eks_addon")
    assert {one["addon_name"] for one in versions.values()} == {"kube-proxy", "coredns", "metrics-server"}
    for logical_id, version in versions.items():
        assert version["kubernetes_version"] == "${aws_eks_cluster.cluster.version}"
        assert version["most_recent"] is False
        add_on = add_ons[version["addon_name"]]
        assert add_on["addon_version"] == f"${{data.aws_eks_addon_version.{logical_id}.version}}"


def test_fargate_nodes_get_rights_before_pods_start(core: Synthesized) -> None:
    """Check the add-on that brings the binding `eks:kube-proxy-fargate`; bootstrap add-ons are off."""
    add_ons = core.resources("aws_eks_addon")
    assert add_ons["kube-proxy"]["cluster_name"] == "${aws_eks_cluster.cluster.name}"
    assert "depends_on" not in add_ons["kube-proxy"]
    for name in ("coredns", "metrics-server"):
        assert "aws_eks_addon.kube-proxy" in add_ons[name]["depends_on"]


def test_fargate_profiles_are_made_one_after_the_other(core: Synthesized) -> None:
    profiles = core.resources("aws_eks_fargate_profile")
    waiting = [profile["depends_on"] for profile in profiles.values()]
    assert sorted(one[0] for one in waiting if one[0].startswith("aws_eks")) == sorted(
        f"aws_eks_fargate_profile.{logical_id}" for logical_id in profiles if logical_id != "profile-pipeline"
    )
    assert all(len(profile["selector"]) <= 5 for profile in profiles.values())
    namespaces = {profile["selector"][0]["namespace"] for profile in profiles.values()}
    assert namespaces == {"kube-system", "keda", "fargate-container-insights", "thumbnails"}


@pytest.mark.parametrize("name", WITH_OWN_NETWORK)
def test_subnets_are_disjoint_and_tagged_for_the_load_balancer(name: str) -> None:
    core = core_of(MATRIX[name])
    subnets = core.resources("aws_subnet")
    blocks = [subnet["cidr_block"] for subnet in subnets.values()]
    assert len(set(blocks)) == len(blocks)
    for logical_id, subnet in subnets.items():
        role = "elb" if logical_id.startswith("public") else "internal-elb"
        assert subnet["tags"][f"kubernetes.io/role/{role}"] == "1"
    assert len(core.resources("aws_nat_gateway")) == 1
    endpoints = core.resources("aws_vpc_endpoint").values()
    region = MATRIX[name]["region"]
    assert {endpoint["vpc_endpoint_type"] for endpoint in endpoints} == {"Gateway"}
    assert {endpoint["service_name"] for endpoint in endpoints} == {
        f"com.amazonaws.{region}.s3",
        f"com.amazonaws.{region}.dynamodb",
    }
    for endpoint in endpoints:
        assert endpoint["route_table_ids"] == ["${aws_route_table.private.id}"]


@pytest.mark.parametrize("name", WITH_OWN_NETWORK)
def test_too_few_fargate_zones_end_the_plan(name: str) -> None:
    [zones] = core_of(MATRIX[name]).document["data"]["aws_availability_zones"].values()
    assert {"use1-az3", "apne1-az3"} <= set(zones["exclude_zone_ids"])
    count = MATRIX[name].get("network", {}).get("availability_zones", 2)
    [condition] = zones["lifecycle"]["postcondition"]
    assert condition["condition"] == f"${{length(self.names) >= {count}}}"
    assert f"network.availability_zones is {count}, and" in condition["error_message"]


def test_the_token_is_in_no_state(core: Synthesized) -> None:
    [version] = core.resources("aws_secretsmanager_secret_version").values()
    assert version["secret_string_wo"].startswith("${ephemeral.")
    assert "secret_string" not in version


def test_what_holds_state_keeps_its_address(core: Synthesized) -> None:
    addresses = core.all_resources()
    for address in (
        "aws_s3_bucket.videos-bucket",
        "aws_s3_bucket.test-videos-bucket",
        "aws_dynamodb_table.videos-table",
        "aws_sqs_queue.videos-queue",
        "aws_sqs_queue.dead-letters-queue",
        "aws_eks_cluster.cluster",
    ):
        assert address in addresses, f"{address} has moved: Terraform would delete it and make another"
