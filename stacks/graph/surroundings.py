"""Boxes and arrows of bootstrap, core, dns and monitoring."""

import json
from collections import defaultdict
from collections.abc import Iterator

from services.contract.resources import SPARE_RECEIVES
from stacks.graph.resources import Arrow, DrawnBox, Fields, Resources
from stacks.naming import StackId

_DAY_S = 86_400
_WATCHED = {"QUEUE": "the queue", "DLQ": "dead letters", "ALB": "the load balancer", "LOGS": "the workers' logs"}
"""Watched things in the order in which they are drawn, which is that of the queues."""


def list_boxes(found: Resources) -> Iterator[DrawnBox]:
    yield DrawnBox(key="browser", panel="outside", column=0, title="browser", lines=("HTTPS, WebSocket",))
    yield DrawnBox(
        key="github",
        panel="outside",
        column=0,
        title="GitHub Actions",
        lines=("by OIDC,", "no keys"),
    )
    yield from _dns(found)
    yield from _bootstrap(found)
    yield from _core(found)
    yield from _monitoring(found)


def list_arrows(found: Resources) -> Iterator[Arrow]:
    yield from _ways_in(found)
    yield from _ways_of_messages(found)
    yield from _ways_of_alarms(found)


def _ways_in(found: Resources) -> Iterator[Arrow]:
    if "dashboard-record" in found.of(StackId.DNS, "aws_route53_record"):
        yield Arrow("browser", "record")
        yield Arrow("record", "ingress")
    else:
        yield Arrow("browser", "ingress")
    for name, role in found.of(StackId.BOOTSTRAP, "aws_iam_role").items():
        yield Arrow("github", f"role:{role['name']}")
        if name == "build-role":
            yield Arrow(f"role:{role['name']}", "images")


def _ways_of_messages(found: Resources) -> Iterator[Arrow]:
    for notification in found.of(StackId.CORE, "aws_s3_bucket_notification").values():
        bucket = _address(notification["bucket"])
        for entry in notification["queue"]:
            yield Arrow(f"bucket:{bucket}", f"queue:{_address(entry['queue_arn'])}", "events")
    for name, queue in found.of(StackId.CORE, "aws_sqs_queue").items():
        if "redrive_policy" in queue:
            policy = json.loads(queue["redrive_policy"])
            yield Arrow(f"queue:{name}", f"queue:{_address(policy['deadLetterTargetArn'])}", "given up")


def _ways_of_alarms(found: Resources) -> Iterator[Arrow]:
    # All alarms notify the topic (tests/stacks checks that); one arrow says so.
    for watched in list(_alarms(found))[-1:]:
        yield Arrow(f"alarms:{watched}", "topic", "each")
    queues = {queue["name"]: name for name, queue in found.of(StackId.CORE, "aws_sqs_queue").items()}
    for alarm in found.of(StackId.MONITORING, "aws_cloudwatch_metric_alarm").values():
        queue = queues.get(alarm.get("dimensions", {}).get("QueueName", ""))
        if queue:
            yield Arrow(f"queue:{queue}", f"alarms:{_watched(alarm)}")


def _dns(found: Resources) -> Iterator[DrawnBox]:
    for name, record in found.of(StackId.DNS, "aws_route53_record").items():
        if name == "dashboard-record":
            yield _box("record", StackId.DNS, record["name"], "A record, step 2")
    if found.of(StackId.DNS, "aws_acm_certificate"):
        yield _box("certificate", StackId.DNS, "certificate", "validated by DNS")
    for zone in found.of(StackId.DNS, "aws_route53_zone").values():
        yield _box("zone", StackId.DNS, f"zone {zone['name']}", "its name servers, step 1")


def _bootstrap(found: Resources) -> Iterator[DrawnBox]:
    for name, role in found.of(StackId.BOOTSTRAP, "aws_iam_role").items():
        does = "pushes images" if name == "build-role" else "deploys, inside a boundary"
        yield _box(f"role:{role['name']}", StackId.BOOTSTRAP, f"role {role['name']}", does)
    repositories = found.of(StackId.BOOTSTRAP, "aws_ecr_repository").values()
    if repositories:
        names = sorted(repository["name"] for repository in repositories)
        yield _box("images", StackId.BOOTSTRAP, "images in ECR", *names)
    if found.of(StackId.BOOTSTRAP, "aws_s3_bucket_versioning"):
        yield _box("state", StackId.BOOTSTRAP, "Terraform's state", "S3, versioned, locked")


def _core(found: Resources) -> Iterator[DrawnBox]:
    notified = {_address(entry["bucket"]) for entry in found.of(StackId.CORE, "aws_s3_bucket_notification").values()}
    buckets = found.of(StackId.CORE, "aws_s3_bucket")
    for name in sorted(buckets, key=lambda name: name not in notified):
        if name in notified:
            yield _box(f"bucket:{name}", StackId.CORE, "videos and thumbnails", "S3: uploads/, thumbnails/")
    for name in sorted(notified - set(buckets)):
        yield _box(f"bucket:{name}", StackId.CORE, name, "S3, an existing source of videos")
    queues = found.of(StackId.CORE, "aws_sqs_queue")
    for name in sorted(queues, key=lambda name: "redrive_policy" not in queues[name]):
        queue = queues[name]
        days = queue["message_retention_seconds"] // _DAY_S
        if "redrive_policy" in queue:
            tries = json.loads(queue["redrive_policy"])["maxReceiveCount"] - SPARE_RECEIVES
            yield _box(f"queue:{name}", StackId.CORE, queue["name"], f"SQS, {tries} tries, kept {days} days")
        else:
            yield _box(f"queue:{name}", StackId.CORE, queue["name"], f"SQS, dead letters, kept {days} days")
    for name, table in found.of(StackId.CORE, "aws_dynamodb_table").items():
        yield _box(f"table:{name}", StackId.CORE, table["name"], "DynamoDB: states, reasons, totals")
    for name in buckets:
        if name not in notified:
            yield _box(f"bucket:{name}", StackId.CORE, "test videos", "S3, for Test Pipeline")
    for name, secret in found.of(StackId.CORE, "aws_secretsmanager_secret").items():
        yield _box(f"secret:{name}", StackId.CORE, secret["name"], "Secrets Manager")
    yield from _network(found)


def _network(found: Resources) -> Iterator[DrawnBox]:
    for cluster in found.of(StackId.CORE, "aws_eks_cluster").values():
        profiles = found.of(StackId.CORE, "aws_eks_fargate_profile")
        yield _box(
            "cluster",
            StackId.CORE,
            f"EKS {cluster['version']}",
            f"{len(profiles)} Fargate profiles, no nodes",
            ", ".join(sorted(found.of(StackId.CORE, "aws_eks_addon"))),
        )
    for vpc in found.of(StackId.CORE, "aws_vpc").values():
        subnets = found.of(StackId.CORE, "aws_subnet")
        nats, endpoints = found.of(StackId.CORE, "aws_nat_gateway"), found.of(StackId.CORE, "aws_vpc_endpoint")
        yield _box(
            "vpc",
            StackId.CORE,
            f"VPC {vpc['cidr_block']}",
            f"{len(subnets)} subnets in {len(subnets) // 2} zones",
            f"{len(nats)} NAT gateway, {len(endpoints)} S3 endpoint",
        )


def _monitoring(found: Resources) -> Iterator[DrawnBox]:
    for watched, alarms in _alarms(found).items():
        yield _box(f"alarms:{watched}", StackId.MONITORING, f"alarms on {watched}", *alarms)
    for topic in found.of(StackId.MONITORING, "aws_sns_topic").values():
        readers = found.of(StackId.MONITORING, "aws_sns_topic_subscription").values()
        yield _box(
            "topic", StackId.MONITORING, f"SNS {topic['name']}", *(f"to {reader['endpoint']}" for reader in readers)
        )
    if found.of(StackId.MONITORING, "aws_cloudwatch_dashboard"):
        yield _box("dashboard", StackId.MONITORING, "dashboard", "CloudWatch")


def _alarms(found: Resources) -> dict[str, list[str]]:
    """Return the names of the alarms, by what they watch."""
    grouped: dict[str, list[str]] = defaultdict(list)
    for name, alarm in found.of(StackId.MONITORING, "aws_cloudwatch_metric_alarm").items():
        grouped[_watched(alarm)].append(name)
    order = list(_WATCHED.values())
    return dict(sorted(grouped.items(), key=lambda entry: order.index(entry[0])))


def _watched(alarm: Fields) -> str:
    dimensions = alarm.get("dimensions", {})
    if "LoadBalancer" in dimensions:
        return _WATCHED["ALB"]
    if "QueueName" in dimensions:
        return _WATCHED["DLQ"] if dimensions["QueueName"].endswith("-dlq") else _WATCHED["QUEUE"]
    return _WATCHED["LOGS"]


def _box(key: str, panel: str, title: str, *lines: str) -> DrawnBox:
    return DrawnBox(key=key, panel=panel, column=0, title=title, lines=lines)


def _address(reference: str) -> str:
    """Return the id in a reference: `videos-queue` of `${aws_sqs_queue.videos-queue.arn}`; a plain name is its own."""
    return reference.removeprefix("${").removesuffix("}").split(".")[1] if reference.startswith("${") else reference
