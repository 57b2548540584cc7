"""Requests on the wire are read as the calls that real clients made: each protocol, and every kind of call of S3."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from stacks.rehearse.requests import RecordedRequest, read_requests
from stacks.rehearse.rights.actions import needs
from stacks.rehearse.rights.errors import UnknownRequestError
from stacks.rehearse.rights.wire import read_call
from tests.support.recording import Recorder, recording


@pytest.fixture(scope="module")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorder]:
    with recording(tmp_path_factory.mktemp("recorded") / "requests.jsonl") as recorder:
        yield recorder


TAG = {"Key": "pipeline", "Value": "thumbnails"}

CALLS: dict[str, tuple[str, str, dict[str, Any], dict[str, Any]]] = {
    # Client, operation, what it is given, what is read of it.
    "json 1.0": ("dynamodb", "DescribeTable", {"TableName": "videos"}, {"TableName": "videos"}),
    "json 1.1": ("secretsmanager", "GetSecretValue", {"SecretId": "a/b"}, {"SecretId": "a/b"}),
    "json of sqs": ("sqs", "CreateQueue", {"QueueName": "q", "tags": {"a": "b"}}, {"tags": {"a": "b"}}),
    "ec2": (
        "ec2",
        "CreateVpc",
        {"CidrBlock": "10.0.0.0/16", "TagSpecifications": [{"ResourceType": "vpc", "Tags": [TAG]}]},
        {"TagSpecification": [{"ResourceType": "vpc", "Tag": [TAG]}]},
    ),
    "query": (
        "iam",
        "CreateRole",
        {
            "RoleName": "r",
            "AssumeRolePolicyDocument": "{}",
            "PermissionsBoundary": "arn:aws:iam::1:policy/b",
            "Tags": [TAG],
        },
        {"RoleName": "r", "PermissionsBoundary": "arn:aws:iam::1:policy/b", "Tags": [TAG]},
    ),
    "query of elb": ("elbv2", "DescribeLoadBalancers", {"Names": ["a", "b"]}, {"Names": ["a", "b"]}),
    "query of sns": (
        "sns",
        "CreateTopic",
        {"Name": "alarms", "Attributes": {"KmsMasterKeyId": "k"}},
        {"Name": "alarms"},
    ),
    "cbor": ("cloudwatch", "DescribeAlarms", {"AlarmNames": ["a"]}, {"AlarmNames": ["a"]}),
    "rest-json": (
        "eks",
        "CreateAddon",
        {"clusterName": "c", "addonName": "coredns", "tags": {"a": "b"}},
        {"name": "c", "addonName": "coredns", "tags": {"a": "b"}},
    ),
    "rest-json by arn": (
        "eks",
        "ListTagsForResource",
        {"resourceArn": "arn:aws:eks:ap-southeast-2:123456789012:cluster/c"},
        {"resourceArn": "arn:aws:eks:ap-southeast-2:123456789012:cluster/c"},
    ),
    "rest-xml": (
        "route53",
        "ChangeTagsForResource",
        {"ResourceType": "hostedzone", "ResourceId": "Z1", "AddTags": [TAG]},
        {"ResourceType": "hostedzone", "ResourceId": "Z1", "AddTags": {"Tag": TAG}},
    ),
    "object": ("s3", "GetObject", {"Bucket": "b", "Key": "a/ü c.mp4"}, {"Bucket": "b", "Key": "a/ü c.mp4"}),
    "version": ("s3", "GetObject", {"Bucket": "b", "Key": "k", "VersionId": "v"}, {"versionId": "v"}),
    "head": ("s3", "HeadObject", {"Bucket": "b", "Key": "k"}, {"Key": "k"}),
    "content": ("s3", "PutObject", {"Bucket": "b", "Key": "k", "Body": b'{"Key": "other"}'}, {"Key": "k"}),
    "copy": ("s3", "CopyObject", {"Bucket": "b", "Key": "k", "CopySource": "a/b"}, {"Key": "k"}),
    "part": ("s3", "UploadPart", {"Bucket": "b", "Key": "k", "PartNumber": 1, "UploadId": "u"}, {"partNumber": "1"}),
    "parts": ("s3", "ListParts", {"Bucket": "b", "Key": "k", "UploadId": "u"}, {"uploadId": "u"}),
    "list": ("s3", "ListObjectsV2", {"Bucket": "b", "Prefix": "uploads/"}, {"Bucket": "b", "prefix": "uploads/"}),
    "versions": ("s3", "ListObjectVersions", {"Bucket": "b"}, {"Bucket": "b"}),
    "bucket": ("s3", "HeadBucket", {"Bucket": "b"}, {"Bucket": "b"}),
    "buckets": ("s3", "ListBuckets", {}, {}),
    "sub-resource": ("s3", "GetBucketCors", {"Bucket": "b"}, {"Bucket": "b"}),
    "tags of a bucket": (
        "s3",
        "PutBucketTagging",
        {"Bucket": "b", "Tagging": {"TagSet": [TAG]}},
        {"Bucket": "b", "TagSet": {"Tag": TAG}},
    ),
    "lifecycle": ("s3", "GetBucketLifecycleConfiguration", {"Bucket": "b"}, {"Bucket": "b"}),
    "notification": ("s3", "GetBucketNotificationConfiguration", {"Bucket": "b"}, {"Bucket": "b"}),
}


@pytest.mark.parametrize(("client", "operation", "given", "read"), CALLS.values(), ids=CALLS)
def test_a_clients_request_is_read_as_its_call(
    recorder: Recorder, client: str, operation: str, given: dict[str, Any], read: dict[str, Any]
) -> None:
    sender = recorder.client(client)
    names = {theirs: ours for ours, theirs in sender.meta.method_to_api_mapping.items()}
    call = read_call(recorder.send(lambda: getattr(sender, names[operation])(**given)))
    assert call.operation == operation
    assert {name: call.parameters.get(name) for name in read} == read


def test_a_presigned_url_counts_as_its_signers_call(recorder: Recorder) -> None:
    sent = recorder.send(lambda: recorder.client("s3").get_object(Bucket="b", Key="k"))
    signed = "X-Amz-Algorithm=AWS4&X-Amz-Credential=1%2F20261128%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Signature=0"
    call = read_call(replace(sent, service="", region="", query=signed))
    assert (str(call), call.region) == ("s3:GetObject", "eu-west-1")


def test_a_path_may_lack_its_last_slash(recorder: Recorder) -> None:
    changes = {"Changes": [{"Action": "DELETE", "ResourceRecordSet": {"Name": "a", "Type": "A"}}]}
    route53 = recorder.client("route53")
    sent = recorder.send(lambda: route53.change_resource_record_sets(HostedZoneId="Z1", ChangeBatch=changes))
    assert sent.path.endswith("/rrset/")
    call = read_call(replace(sent, path=sent.path.rstrip("/")))
    assert (call.operation, call.parameters["Id"]) == ("ChangeResourceRecordSets", "Z1")


@pytest.mark.parametrize("query", ["frobnicate", "list-type=3", "acl&cors"])
def test_an_unknown_operation_of_s3_is_an_error(recorder: Recorder, query: str) -> None:
    sent = recorder.send(lambda: recorder.client("s3").list_objects_v2(Bucket="b"))
    with pytest.raises(UnknownRequestError, match=r"no operation of s3 is known for GET /b"):
        read_call(replace(sent, query=query))


def test_unknown_operation_of_json_service_is_an_error(recorder: Recorder) -> None:
    sent = recorder.send(lambda: recorder.client("dynamodb").list_tables())
    unknown = replace(sent, headers={**sent.headers, "x-amz-target": "DynamoDB_20120810.Frobnicate"})
    with pytest.raises(UnknownRequestError, match="dynamodb has no operation Frobnicate"):
        read_call(unknown)


def test_a_request_without_a_signature_is_an_error(recorder: Recorder) -> None:
    sent = recorder.send(lambda: recorder.client("s3").list_buckets())
    with pytest.raises(UnknownRequestError, match="is not signed"):
        read_call(replace(sent, service=""))


def test_a_recorded_request_is_the_same_after_reading(recorder: Recorder) -> None:
    sent = recorder.send(lambda: recorder.client("kms").create_key(), answer=b"\x00\xff")
    assert list(read_requests(recorder.file))[-1] == sent


def actions_of(sent: RecordedRequest) -> list[str]:
    return [need.action for need in needs(read_call(sent))]


def test_a_transaction_needs_the_actions_in_it(recorder: Recorder) -> None:
    key = {"id": {"S": "1"}}
    items = [
        {"Put": {"TableName": "t", "Item": key}},
        {"Update": {"TableName": "t", "Key": key, "UpdateExpression": "SET a = b"}},
        {"Delete": {"TableName": "t", "Key": key}},
        {"ConditionCheck": {"TableName": "t", "Key": key, "ConditionExpression": "a = b"}},
    ]
    sent = recorder.send(lambda: recorder.client("dynamodb").transact_write_items(TransactItems=items))
    assert actions_of(sent) == [f"dynamodb:{one}Item" for one in ("Put", "Update", "Delete", "ConditionCheck")]


def test_a_conditional_write_needs_the_right_to_read(recorder: Recorder) -> None:
    s3 = recorder.client("s3")
    sent = recorder.send(lambda: s3.put_object(Bucket="b", Key="k", Body=b"", IfMatch='"e"'))
    assert actions_of(sent) == ["s3:PutObject", "s3:GetObject"]
    sent = recorder.send(lambda: s3.put_object(Bucket="b", Key="k", Body=b"", IfNoneMatch="*"))
    assert actions_of(sent) == ["s3:PutObject"]


def test_several_objects_are_deleted_each_by_its_version(recorder: Recorder) -> None:
    both = {"Objects": [{"Key": "a"}, {"Key": "b", "VersionId": "v"}]}
    sent = recorder.send(lambda: recorder.client("s3").delete_objects(Bucket="b", Delete=both))
    assert actions_of(sent) == ["s3:DeleteObject", "s3:DeleteObjectVersion"]


def test_cluster_needs_role_tags_key_and_service_role(recorder: Recorder) -> None:
    sent = recorder.send(
        lambda: recorder.client("eks").create_cluster(
            name="c",
            roleArn="arn:aws:iam::123456789012:role/c",
            resourcesVpcConfig={},
            tags={"pipeline": "thumbnails"},
            encryptionConfig=[{"resources": ["secrets"], "provider": {"keyArn": "arn:aws:kms:a:1:key/2"}}],
        )
    )
    assert actions_of(sent) == [
        "eks:CreateCluster",
        "eks:TagResource",
        "iam:PassRole",
        "iam:GetRole",
        "iam:CreateServiceLinkedRole",
        "kms:DescribeKey",
        "kms:CreateGrant",
    ]
