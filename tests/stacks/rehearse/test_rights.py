"""Requests of a rehearsal against the synthesized policies: what is refused and why, what is granted for nothing."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from services.contract.resources import SIGNING_KEY
from services.contract.settings.values import settings_key
from stacks.config.model import PipelineConfig
from stacks.naming import Names
from stacks.rehearse.rights import RightsReport, check
from stacks.rehearse.rights.errors import EvaluatorError, RightsError, UnknownRequestError
from stacks.rehearse.rights.policies import Policies
from tests.support.recording import Recorder, recording
from tests.support.synthesis import EXISTING, MATRIX, WITH_DOMAIN, Config, Synthesized, synthesize

NAMES = Names(PipelineConfig.model_validate(WITH_DOMAIN))
BUCKET, TABLE, QUEUE = NAMES.resources.bucket, NAMES.resources.table.name, NAMES.queue_url
OWN, OTHER = ([{"Key": "pipeline", "Value": value}] for value in ("thumbnails", "thumbnails-two"))
KEY = {"video_id": {"S": "1"}}


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    with recording(tmp_path / "requests.jsonl") as recorder:
        yield recorder


@pytest.fixture
def stacks(tmp_path: Path, synthesized: dict[str, Synthesized]) -> Path:
    """Return the output folder of a synth, which a test may change."""
    return write_stacks(tmp_path / "cdktf.out", synthesized)


def write_stacks(folder: Path, synthesized: dict[str, Synthesized]) -> Path:
    for name, stack in synthesized.items():
        (folder / "stacks" / name).mkdir(parents=True)
        (folder / "stacks" / name / "cdk.tf.json").write_text(stack.text, encoding="utf-8")
    return folder


def report_on(recorder: Recorder, stacks: Path) -> RightsReport:
    return check(recorder.file, stacks)


def change_policy(stacks: Path, resource: str, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
    """Replace a policy's statements, by `stack.type.name`."""
    stack, kind, name = resource.split(".")
    file = stacks / "stacks" / stack / "cdk.tf.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    policy = json.loads(document["resource"][kind][name]["policy"])
    policy["Statement"] = change(policy["Statement"])
    document["resource"][kind][name]["policy"] = json.dumps(policy)
    file.write_text(json.dumps(document), encoding="utf-8")


def without(*sids: str) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    return lambda statements: [one for one in statements if one["Sid"] not in sids]


def work_of_the_worker(recorder: Recorder) -> None:
    recorder.principal, recorder.stack = "worker", ""
    sqs, s3, dynamodb = recorder.client("sqs"), recorder.client("s3"), recorder.client("dynamodb")
    recorder.send(lambda: sqs.receive_message(QueueUrl=QUEUE))
    recorder.send(lambda: s3.get_object(Bucket=BUCKET, Key="uploads/a b.mp4"))
    recorder.send(lambda: s3.put_object(Bucket=BUCKET, Key="thumbnails/a/1.jpg", Body=b"", IfNoneMatch="*"))
    condition = {"TableName": TABLE, "Key": KEY, "ConditionExpression": "a = b"}
    written = {"TableName": TABLE, "Item": KEY}
    recorder.send(
        lambda: dynamodb.transact_write_items(TransactItems=[{"ConditionCheck": condition}, {"Put": written}])
    )
    # An event of a deletion whose record is gone.
    recorder.send(lambda: dynamodb.batch_get_item(RequestItems={TABLE: {"Keys": [KEY]}}))
    recorder.send(lambda: sqs.delete_message(QueueUrl=QUEUE, ReceiptHandle="h"))


def test_worker_calls_are_allowed_and_unused_rights_named(recorder: Recorder, stacks: Path) -> None:
    work_of_the_worker(recorder)
    report = report_on(recorder, stacks)
    assert (report.refused, report.checked) == ((), 6)
    assert report.unused == {
        "thumbnails-worker": (
            "Receive: sqs:ChangeMessageVisibility",
            "Receive: sqs:GetQueueAttributes",
            "GiveUp: sqs:SendMessage",
            "DeletePictures: s3:DeleteObject",
            "DeletePictures: s3:DeleteObjectVersion",
            "ListPictureVersions: s3:ListBucketVersions",
            "RemoveRecords: dynamodb:DeleteItem",
            "TellMissingFromDenied: s3:ListBucket",
            "KeepRecords: dynamodb:GetItem",
            "KeepRecords: dynamodb:UpdateItem",
        )
    }
    assert "granted to thumbnails-worker and not used:" in str(report)


def test_frames_have_rights_on_two_items_of_the_table_only(recorder: Recorder, tmp_path: Path) -> None:
    stacks = write_stacks(tmp_path / "frames", synthesize({**WITH_DOMAIN, "frames": {"enabled": True}}))
    recorder.principal, recorder.stack = "frames", ""
    s3, dynamodb = recorder.client("s3"), recorder.client("dynamodb")
    recorder.send(lambda: s3.head_bucket(Bucket=BUCKET))
    recorder.send(lambda: s3.head_object(Bucket=BUCKET, Key="uploads/a b.mp4"))
    recorder.send(lambda: s3.get_object(Bucket=BUCKET, Key="frames/a/1.jpg"))
    recorder.send(lambda: s3.put_object(Bucket=BUCKET, Key="frames/a/1.jpg", Body=b""))
    recorder.send(lambda: dynamodb.get_item(TableName=TABLE, Key={"pk": {"S": SIGNING_KEY}}))
    own = {"pk": {"S": settings_key("frames")}}
    recorder.send(lambda: dynamodb.get_item(TableName=TABLE, Key=own))
    recorder.send(lambda: dynamodb.put_item(TableName=TABLE, Item={**own, "content": {"S": "{}"}}))
    report = report_on(recorder, stacks)
    assert (report.refused, report.unused) == ((), {"thumbnails-frames": ()})

    recorder.send(lambda: s3.put_object(Bucket=BUCKET, Key="uploads/a.mp4", Body=b""))
    recorder.send(lambda: s3.get_object(Bucket=BUCKET, Key="thumbnails/a_1.jpg"))
    recorder.send(lambda: s3.delete_object(Bucket=BUCKET, Key="frames/a/1.jpg"))
    recorder.send(lambda: dynamodb.get_item(TableName=TABLE, Key={"pk": {"S": "uploads/a.mp4"}}))
    recorder.send(lambda: dynamodb.put_item(TableName=TABLE, Item={"pk": {"S": SIGNING_KEY}}))
    recorder.send(lambda: dynamodb.put_item(TableName=TABLE, Item={"pk": {"S": settings_key("worker")}}))
    assert [one.operation for one in report_on(recorder, stacks).refused] == [
        "s3:PutObject",
        "s3:GetObject",
        "s3:DeleteObject",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:PutItem",
    ]


def test_the_api_puts_events_on_its_own_bus_only(recorder: Recorder, tmp_path: Path) -> None:
    events = {"enabled": True, "event_bus": True}
    stacks = write_stacks(tmp_path / "events", synthesize({**WITH_DOMAIN, "events": events}))
    recorder.principal, recorder.stack = "api", ""
    client = recorder.client("events")

    def put(bus: str | None) -> None:
        entry = {"Source": "a", "DetailType": "b", "Detail": "{}", **({"EventBusName": bus} if bus else {})}
        recorder.send(lambda: client.put_events(Entries=[entry]))

    put(NAMES.event_bus)
    put(NAMES.event_bus_arn)
    assert report_on(recorder, stacks).refused == ()
    put(None)
    put("thumbnails-two")
    default, other = (NAMES.arn("events", f"event-bus/{bus}") for bus in ("default", "thumbnails-two"))
    assert [one.resource for one in report_on(recorder, stacks).refused] == [default, other]


def test_a_removed_statement_is_found_and_named(recorder: Recorder, stacks: Path) -> None:
    change_policy(stacks, "core.aws_iam_role_policy.worker-rights", without("WriteThumbnails"))
    work_of_the_worker(recorder)
    (refused,) = report_on(recorder, stacks).refused
    assert (refused.principal, refused.operation, refused.action) == ("worker", "s3:PutObject", "s3:PutObject")
    assert refused.statement == {
        "Effect": "Allow",
        "Action": ["s3:PutObject"],
        "Resource": [f"arn:aws:s3:::{BUCKET}/thumbnails/a/1.jpg"],
    }
    assert "no statement of thumbnails-worker allows it" in str(refused)


def test_the_boundary_refuses_what_a_statement_allows(recorder: Recorder, stacks: Path) -> None:
    change_policy(stacks, "bootstrap.aws_iam_policy.boundary", without("Own"))
    work_of_the_worker(recorder)
    refused = report_on(recorder, stacks).refused
    assert len(refused) == 7
    assert all("the boundary thumbnails-boundary does not allow it" in one.reason for one in refused)


def test_the_policy_of_a_bucket_can_refuse(recorder: Recorder, stacks: Path) -> None:
    denial = {"Sid": "Closed", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*"}
    change_policy(stacks, "core.aws_s3_bucket_policy.videos-bucket-policy", lambda statements: [*statements, denial])
    work_of_the_worker(recorder)
    (refused,) = report_on(recorder, stacks).refused
    assert (refused.action, refused.statement) == ("s3:PutObject", None)
    assert refused.reason == "the statement Closed of the resource denies it"


def test_an_encrypted_source_is_read_with_a_right_on_its_key(recorder: Recorder, tmp_path: Path) -> None:
    stacks = write_stacks(tmp_path / "existing", synthesize(EXISTING))
    [key] = EXISTING["storage"]["source_kms_key_arns"]
    recorder.principal, recorder.stack = "worker", ""
    s3 = recorder.client("s3")
    recorder.send(lambda: s3.get_object(Bucket="acme-films", Key="2026/a.mp4"))

    def refused(key: str) -> list[str]:
        report = check(recorder.file, stacks, encrypted={"acme-films": key})
        return [f"{one.action} on {one.resource}" for one in report.refused]

    assert refused(key) == []
    other = key.replace("1a2b3c4d-", "99999999-")
    assert refused(other) == [f"kms:Decrypt on {other}"]
    change_policy(stacks, "core.aws_iam_role_policy.worker-rights", without("DecryptSources"))
    assert refused(key) == [f"kms:Decrypt on {key}"]


def test_the_deploy_role_may_check_the_source_buckets(recorder: Recorder, tmp_path: Path) -> None:
    stacks = write_stacks(tmp_path / "existing", synthesize(EXISTING))
    s3 = recorder.client("s3")
    for ask in (s3.get_bucket_location, s3.get_bucket_notification_configuration, s3.get_bucket_encryption):
        recorder.send(partial(ask, Bucket="acme-films"))
    report = report_on(recorder, stacks)
    assert (report.refused, report.checked) == ((), 3)


def create_vpc(recorder: Recorder, vpc: str, tags: list[dict[str, str]]) -> None:
    answer = f"<CreateVpcResponse><vpc><vpcId>{vpc}</vpcId></vpc></CreateVpcResponse>".encode()
    tagged = [{"ResourceType": "vpc", "Tags": tags}]
    ec2 = recorder.client("ec2")
    recorder.send(lambda: ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tagged), answer=answer)


def test_a_denial_by_tag_holds_for_what_others_made(recorder: Recorder, stacks: Path) -> None:
    recorder.principal = "admin"
    create_vpc(recorder, "vpc-0000aaaa", OTHER)
    recorder.principal = "deploy"
    create_vpc(recorder, "vpc-0000bbbb", OWN)
    ec2 = recorder.client("ec2")
    recorder.send(lambda: ec2.delete_vpc(VpcId="vpc-0000aaaa"))
    recorder.send(lambda: ec2.delete_vpc(VpcId="vpc-0000bbbb"))
    (refused,) = report_on(recorder, stacks).refused
    assert (refused.action, refused.resource) == ("ec2:DeleteVpc", NAMES.arn("ec2", "vpc/vpc-0000aaaa"))
    assert refused.reason == "the statement NothingOfOthers of thumbnails-deploy-network denies it"


def test_another_region_is_refused_by_its_condition(recorder: Recorder, stacks: Path) -> None:
    ec2 = recorder.client("ec2", region="eu-west-1")
    recorder.send(ec2.describe_vpcs)
    (refused,) = report_on(recorder, stacks).refused
    assert refused.context["aws:RequestedRegion"] == "eu-west-1"
    assert "Network of thumbnails-deploy-network has another condition" in refused.reason


def test_keys_belong_to_the_instance_by_their_tag(recorder: Recorder, stacks: Path) -> None:
    kms = recorder.client("kms")
    key, foreign = (NAMES.arn("kms", f"key/{one}") for one in ("1111", "2222"))
    tags = [{"TagKey": "pipeline", "TagValue": "thumbnails"}]
    recorder.send(lambda: kms.create_key(Tags=tags), answer=json.dumps({"KeyMetadata": {"Arn": key}}).encode())
    recorder.send(lambda: kms.describe_key(KeyId="1111"))
    recorder.send(lambda: kms.describe_key(KeyId=foreign))
    (refused,) = report_on(recorder, stacks).refused
    assert refused.resource == foreign


def test_changing_an_alias_needs_rights_on_its_key(recorder: Recorder, stacks: Path) -> None:
    kms = recorder.client("kms")
    key, alias = NAMES.arn("kms", "key/1111"), f"alias/{NAMES.of('alarms')}"
    tags = [{"TagKey": "pipeline", "TagValue": "thumbnails"}]
    recorder.send(lambda: kms.create_key(Tags=tags), answer=json.dumps({"KeyMetadata": {"Arn": key}}).encode())
    recorder.send(lambda: kms.create_alias(AliasName=alias, TargetKeyId="1111"))
    recorder.send(lambda: kms.delete_alias(AliasName=alias))
    assert report_on(recorder, stacks).refused == ()
    change_policy(stacks, "bootstrap.aws_iam_policy.deploy-data", without("Key"))
    refused = {(one.action, one.resource) for one in report_on(recorder, stacks).refused}
    assert refused == {("kms:CreateAlias", key), ("kms:DeleteAlias", key)}


def test_a_role_is_made_only_inside_the_boundary(recorder: Recorder, stacks: Path) -> None:
    iam = recorder.client("iam")
    role = {"RoleName": "thumbnails-worker", "AssumeRolePolicyDocument": "{}"}
    recorder.send(lambda: iam.create_role(**role, PermissionsBoundary=NAMES.boundary_arn, Tags=OWN))
    # The policy's boundary is the one that the role was made with.
    recorder.send(lambda: iam.put_role_policy(RoleName="thumbnails-worker", PolicyName="p", PolicyDocument="{}"))
    assert not report_on(recorder, stacks).refused
    recorder.send(lambda: iam.create_role(**{**role, "RoleName": "thumbnails-other"}))
    (refused,) = report_on(recorder, stacks).refused
    assert (refused.action, refused.resource) == ("iam:CreateRole", NAMES.role_arn("other"))


def test_a_cluster_needs_the_right_to_pass_its_role(recorder: Recorder, stacks: Path) -> None:
    change_policy(stacks, "bootstrap.aws_iam_policy.deploy-cluster", without("GiveRolesToTheCluster"))
    eks = recorder.client("eks")
    recorder.send(
        lambda: eks.create_cluster(
            name="thumbnails",
            roleArn=NAMES.role_arn("cluster"),
            resourcesVpcConfig={},
            tags={"pipeline": "thumbnails"},
        )
    )
    (refused,) = report_on(recorder, stacks).refused
    assert (refused.operation, refused.action) == ("eks:CreateCluster", "iam:PassRole")
    assert refused.context["iam:PassedToService"] == "eks.amazonaws.com"


def test_deploy_makes_the_token_and_api_reads_it(recorder: Recorder, stacks: Path) -> None:
    secret = NAMES.arn("secretsmanager", f"secret:{NAMES.api_token_secret}-AbCdEf")
    manager = recorder.client("secretsmanager")
    recorder.send(
        lambda: manager.create_secret(Name=NAMES.api_token_secret, Tags=OWN),
        answer=json.dumps({"ARN": secret}).encode(),
    )
    recorder.principal = "api"
    recorder.send(lambda: manager.get_secret_value(SecretId=secret))
    assert not report_on(recorder, stacks).refused
    # Secrets Manager asks before the secret has its six characters.
    change_policy(stacks, "bootstrap.aws_iam_policy.deploy-data", without("MakeToken"))
    refused = report_on(recorder, stacks).refused
    assert {one.action for one in refused} == {"secretsmanager:CreateSecret", "secretsmanager:TagResource"}


def test_a_creation_without_its_answer_is_an_error(recorder: Recorder, stacks: Path) -> None:
    tags = [{"TagKey": "pipeline", "TagValue": "thumbnails"}]
    recorder.send(lambda: recorder.client("kms").create_key(Tags=tags))
    with pytest.raises(UnknownRequestError, match="answer to kms:CreateKey does not tell what it has created"):
        report_on(recorder, stacks)


def test_calls_for_the_embedded_aws_need_no_right(recorder: Recorder, stacks: Path) -> None:
    recorder.send(lambda: recorder.client("kms").describe_key(KeyId="alias/aws/dynamodb"))
    report = report_on(recorder, stacks)
    assert (report.decisions, report.refused) == (0, ())


def test_zones_and_certificates_are_named_by_their_ids(recorder: Recorder, stacks: Path) -> None:
    recorder.stack = "dns"
    route53, acm = recorder.client("route53", region="us-east-1"), recorder.client("acm")
    certificate = NAMES.arn("acm", "certificate/1111")
    recorder.send(lambda: route53.list_resource_record_sets(HostedZoneId="Z1"))
    recorder.send(lambda: route53.list_tags_for_resource(ResourceType="hostedzone", ResourceId="Z1"))
    recorder.send(
        lambda: acm.request_certificate(DomainName="a.example.com", Tags=OWN),
        answer=json.dumps({"CertificateArn": certificate}).encode(),
    )
    recorder.send(lambda: acm.describe_certificate(CertificateArn=certificate))
    assert not report_on(recorder, stacks).refused


def test_tables_topics_and_subscriptions_resolve_to_their_arns(recorder: Recorder, stacks: Path) -> None:
    dynamodb, sns = recorder.client("dynamodb"), recorder.client("sns")
    topic = NAMES.arn("sns", NAMES.of("alarms"))
    key = {"AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}]}
    key["KeySchema"] = [{"AttributeName": "a", "KeyType": "HASH"}]
    recorder.send(lambda: dynamodb.create_table(TableName=TABLE, **key, Tags=OWN))
    recorder.send(lambda: dynamodb.list_tags_of_resource(ResourceArn=NAMES.table_arn))
    recorder.send(lambda: sns.create_topic(Name=NAMES.of("alarms"), Tags=OWN))
    recorder.send(
        lambda: sns.get_subscription_attributes(SubscriptionArn=f"{topic}:11111111-af0d-4954-8182-000000000000")
    )
    report = report_on(recorder, stacks)
    assert (report.decisions, report.refused) == (6, ())


@pytest.mark.parametrize("config", MATRIX.values(), ids=MATRIX)
def test_the_policies_of_every_config_have_their_arns(config: Config, tmp_path: Path) -> None:
    policies = Policies(write_stacks(tmp_path, synthesize(config)))
    for principal in ("deploy", "worker", "api"):
        role = policies.role(principal)
        assert role.policies
        assert "${" not in json.dumps(dict(role.policies))


def test_an_organisations_boundary_is_reported_as_not_compared(recorder: Recorder, stacks: Path) -> None:
    file = stacks / "stacks" / "core" / "cdk.tf.json"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(NAMES.boundary_arn, NAMES.arn("iam", "policy/acme", region="")), encoding="utf-8")
    work_of_the_worker(recorder)
    report = report_on(recorder, stacks)
    assert report.not_compared == ("the boundary acme of thumbnails-worker, whose text is not in the stacks",)
    assert "not compared: the boundary acme" in str(report)


def test_administrators_are_not_compared(recorder: Recorder, stacks: Path) -> None:
    recorder.principal = "admin"
    recorder.send(lambda: recorder.client("iam").create_user(UserName="u"))
    assert report_on(recorder, stacks) == RightsReport(checked=0, decisions=0, refused=(), unused={}, not_compared=())


def test_a_call_whose_resource_nothing_names_is_an_error(recorder: Recorder, stacks: Path) -> None:
    recorder.send(lambda: recorder.client("sns").delete_topic(TopicArn="nonsense"))
    with pytest.raises(UnknownRequestError, match=r"sns:DeleteTopic names its resource .*resources.py"):
        report_on(recorder, stacks)


def test_an_action_unknown_to_iam_is_an_error(recorder: Recorder, stacks: Path) -> None:
    recorder.send(
        lambda: recorder.client("s3").select_object_content(
            Bucket="b", Key="k", Expression="x", ExpressionType="SQL", InputSerialization={}, OutputSerialization={}
        )
    )
    with pytest.raises(UnknownRequestError, match="IAM has no action s3:SelectObjectContent"):
        report_on(recorder, stacks)


def test_missing_evaluator_error_says_how_to_install_it(
    recorder: Recorder, stacks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NODE_PATH", raising=False)
    work_of_the_worker(recorder)
    with pytest.raises(EvaluatorError, match=r"is not installed in .*: run `npm ci` there"):
        check(recorder.file, stacks, project=tmp_path)


def test_without_synthesized_stacks_one_sentence_says_what_to_run(recorder: Recorder, tmp_path: Path) -> None:
    work_of_the_worker(recorder)
    with pytest.raises(RightsError, match="no synthesized bootstrap stack: run"):
        check(recorder.file, tmp_path / "nothing")
