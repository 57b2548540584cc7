"""Remains that keep a destroy from ending: what the AWS Load Balancer Controller made, and objects in buckets.

The controller removes its load balancer when the Ingress is deleted, but that takes minutes. A VPC that is destroyed
before hangs on their network interfaces, and security groups that refer to each other.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from stacks.deploy.account import error_code
from stacks.deploy.errors import OperateError
from stacks.naming import CLUSTER_TAG, Names

if TYPE_CHECKING:
    from boto3 import Session
    from types_boto3_s3.type_defs import ObjectIdentifierTypeDef

PATIENCE_S = 15 * 60
_PAUSE_S = 10


@dataclass(frozen=True)
class Leftover:
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def wait_until_gone(
    session: "Session",
    names: Names,
    *,
    say: Callable[[str], None],
    pause: Callable[[float], None] = time.sleep,
    patience_s: float = PATIENCE_S,
) -> None:
    """Wait until nothing is left.

    Raises:
        OperateError: something is still there after `patience_s`; it names each.
    """
    reported: list[Leftover] = []
    for waited_s in range(0, int(patience_s) + 1, _PAUSE_S):
        found = list_leftovers(session, names)
        if not found:
            return
        if found != reported:
            say(f"Waiting for the deletion of {', '.join(map(str, found))}.")
            reported = found
        if waited_s + _PAUSE_S <= patience_s:
            pause(_PAUSE_S)
    raise OperateError(
        f"After {patience_s / 60:g} minutes there are still {', '.join(map(str, reported))}. The load balancer's "
        "controller was deleted or hangs: delete them by hand, in this order, then run the destroy again."
    )


def list_leftovers(session: "Session", names: Names) -> list[Leftover]:
    """Return the remains of the cluster's load balancers, in the order in which people can delete them."""
    return [
        *_load_balancers(session, names),
        *_target_groups(session, names),
        *_of_the_network(session, names),
    ]


def _load_balancers(session: "Session", names: Names) -> list[Leftover]:
    elb = session.client("elbv2")
    pages = elb.get_paginator("describe_load_balancers").paginate()
    found = {entry["LoadBalancerArn"]: entry["LoadBalancerName"] for page in pages for entry in page["LoadBalancers"]}
    return [Leftover("load balancer", found[arn]) for arn in _of_the_cluster(session, names, list(found))]


def _target_groups(session: "Session", names: Names) -> list[Leftover]:
    elb = session.client("elbv2")
    pages = elb.get_paginator("describe_target_groups").paginate()
    found = {entry["TargetGroupArn"]: entry["TargetGroupName"] for page in pages for entry in page["TargetGroups"]}
    return [Leftover("target group", found[arn]) for arn in _of_the_cluster(session, names, list(found))]


def _of_the_cluster(session: "Session", names: Names, arns: list[str]) -> list[str]:
    """Return the ARNs that the controller of this cluster has tagged."""
    elb = session.client("elbv2")
    ours = []
    for arn in arns:
        try:
            tags = elb.describe_tags(ResourceArns=[arn])["TagDescriptions"][0].get("Tags", [])
        except ClientError as error:
            if error_code(error) in ("LoadBalancerNotFound", "TargetGroupNotFound"):
                continue  # gone since it was listed
            raise
        if {"Key": CLUSTER_TAG, "Value": names.cluster} in tags:
            ours.append(arn)
    return ours


def _of_the_network(session: "Session", names: Names) -> list[Leftover]:
    """Return the controller's security groups, and the network interfaces in them."""
    ec2 = session.client("ec2")
    groups = [
        group
        for page in ec2.get_paginator("describe_security_groups").paginate(
            Filters=[{"Name": f"tag:{CLUSTER_TAG}", "Values": [names.cluster]}]
        )
        for group in page["SecurityGroups"]
    ]
    if not groups:
        return []
    interfaces = [
        interface["NetworkInterfaceId"]
        for page in ec2.get_paginator("describe_network_interfaces").paginate(
            Filters=[{"Name": "group-id", "Values": [group["GroupId"] for group in groups]}]
        )
        for interface in page["NetworkInterfaces"]
        # Those of running pods have only the shared back-end group, and go with the pods.
        if interface.get("Description", "").startswith("ELB ")
    ]
    return [
        *(Leftover("network interface", interface) for interface in interfaces),
        *(Leftover("security group", f"{group['GroupName']} ({group['GroupId']})") for group in groups),
    ]


def delete_cluster_logs(session: "Session", names: Names) -> None:
    """Delete the log group of the control plane, if EKS has made it again while the cluster was deleted.

    Otherwise the next deployment of core ends with ResourceAlreadyExists:
    https://github.com/terraform-aws-modules/terraform-aws-eks/issues/2446
    """
    logs = session.client("logs")
    try:
        logs.delete_log_group(logGroupName=names.cluster_log_group)
    except logs.exceptions.ResourceNotFoundException:
        return


def is_bucket_empty(session: "Session", bucket: str) -> bool:
    """Return whether a bucket holds no version of anything; True for one that does not exist."""
    try:
        page = session.client("s3").list_object_versions(Bucket=bucket, MaxKeys=1)
    except ClientError as error:
        if error_code(error) == "NoSuchBucket":
            return True
        raise
    return not page.get("Versions") and not page.get("DeleteMarkers")


def empty_bucket(session: "Session", bucket: str) -> int:
    """Delete all versions and delete markers for good, and return their number.

    Raises:
        OperateError: some could not be deleted; it names the first.
    """
    s3 = session.client("s3")
    deleted = 0
    while not is_bucket_empty(session, bucket):
        # Always the first page: what was on it is gone by then.
        page = s3.list_object_versions(Bucket=bucket)
        entries: list[ObjectIdentifierTypeDef] = [
            {"Key": entry["Key"], "VersionId": entry["VersionId"]}
            for entry in (*page.get("Versions", []), *page.get("DeleteMarkers", []))
        ]
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": entries, "Quiet": True})
        for problem in answer.get("Errors", []):
            raise OperateError(
                f"{len(answer['Errors'])} objects of {bucket} could not be deleted, the first is "
                f"{problem.get('Key')!r}: {problem.get('Message')}."
            )
        deleted += len(entries)
    return deleted
