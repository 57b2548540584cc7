"""A destroy goes backwards, only for the one who types the name, and waits for what Terraform does not know."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from stacks.deploy import leftovers
from stacks.deploy.destroy import Consent, all_but_bootstrap, destroy_stacks
from stacks.deploy.errors import OperateError, PrerequisiteError, RefusedError
from stacks.deploy.instance import Instance
from stacks.naming import StackId
from tests.support.bench import Bench, manifest, store_state

MakeInstance = Callable[..., Instance]

BUCKET = "thumbnails-videos-123456789012-ap-southeast-2"
UNPROTECTED = {"cluster": {"deletion_protection": False}, "storage": {"deletion_protection": False}}


@pytest.fixture(autouse=True)
def _state_bucket(session: boto3.Session) -> None:
    make_bucket(session, "thumbnails-tfstate-123456789012-ap-southeast-2")


def make_bucket(session: boto3.Session, name: str) -> None:
    session.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-2"})


def test_all_goes_backwards_and_leaves_bootstrap(
    bench: Bench, make_instance: MakeInstance, capsys: pytest.CaptureFixture[str]
) -> None:
    instance = make_instance(**UNPROTECTED)
    destroy_stacks(instance, all_but_bootstrap(instance), Consent(name="thumbnails", unattended=True))
    assert bench.asked("terraform") == [
        "terraform destroy monitoring",
        "terraform destroy workloads certificate=false",
        "terraform destroy core",
    ]
    assert "./noxw destroy bootstrap" in capsys.readouterr().out


def test_late_eks_logs_do_not_stop_a_redeployment(session: boto3.Session, make_instance: MakeInstance) -> None:
    logs = session.client("logs")
    logs.create_log_group(logGroupName="/aws/eks/thumbnails/cluster")
    destroy_stacks(make_instance(**UNPROTECTED), (StackId.CORE,), Consent(name="thumbnails", unattended=True))
    assert logs.describe_log_groups()["logGroups"] == []


def test_destroying_dns_needs_the_programs_of_workloads(
    bench: Bench, session: boto3.Session, make_instance: MakeInstance
) -> None:
    (bench.programs / "aws").unlink()
    store_state(session, "workloads")
    with pytest.raises(PrerequisiteError, match="aws eks get-token"):
        destroy_stacks(make_instance(domain="example.com"), (StackId.DNS,), Consent(name="thumbnails", unattended=True))


def test_destroying_dns_alone_needs_no_aws_program(bench: Bench, make_instance: MakeInstance) -> None:
    (bench.programs / "aws").unlink()
    destroy_stacks(make_instance(domain="example.com"), (StackId.DNS,), Consent(name="thumbnails", unattended=True))
    assert bench.asked("terraform") == ["terraform destroy dns certificate=false"]


def test_dns_drops_records_before_workloads_and_goes_after(
    bench: Bench, session: boto3.Session, make_instance: MakeInstance
) -> None:
    store_state(session, "dns", name_servers=["ns-1.awsdns-01.org", "ns-2.awsdns-02.com"])
    instance = make_instance(domain="example.com", certificate=True, **UNPROTECTED)
    destroy_stacks(instance, all_but_bootstrap(instance), Consent(name="thumbnails", unattended=True))
    assert bench.asked("terraform") == [
        "terraform destroy monitoring",
        "terraform deploy dns certificate=false",
        "terraform destroy workloads certificate=false",
        "terraform destroy dns certificate=false",
        "terraform destroy core",
    ]


def test_destroy_does_not_create_a_missing_zone(bench: Bench, make_instance: MakeInstance) -> None:
    instance = make_instance(domain="example.com", **UNPROTECTED)
    destroy_stacks(instance, all_but_bootstrap(instance), Consent(name="thumbnails", unattended=True))
    assert not any("deploy" in line for line in bench.asked("terraform"))


@pytest.mark.parametrize("answer", ["", "thumbnail", "yes"])
def test_a_wrong_name_destroys_nothing(bench: Bench, make_instance: MakeInstance, answer: str) -> None:
    with pytest.raises(RefusedError, match="nothing was destroyed"):
        destroy_stacks(
            make_instance(),
            (StackId.MONITORING,),
            Consent(ask=lambda _question: answer, unattended=True),
        )
    assert bench.asked("terraform") == []


def test_the_name_is_asked_for(bench: Bench, make_instance: MakeInstance, capsys: pytest.CaptureFixture[str]) -> None:
    destroy_stacks(make_instance(), (StackId.MONITORING,), Consent(ask=lambda _question: " thumbnails\n"))
    assert bench.asked("terraform") == ["terraform destroy monitoring"]
    assert "This destroys monitoring of 'thumbnails' in account 123456789012" in capsys.readouterr().out


def test_nobody_at_the_terminal_destroys_nothing(make_instance: MakeInstance) -> None:
    def nobody(_question: str) -> str:
        raise EOFError

    with pytest.raises(RefusedError, match="add --name"):
        destroy_stacks(make_instance(), (StackId.MONITORING,), Consent(ask=nobody, unattended=True))


def test_what_is_protected_stays(bench: Bench, make_instance: MakeInstance) -> None:
    with pytest.raises(RefusedError, match=r"cluster\.deletion_protection and storage\.deletion_protection are true"):
        destroy_stacks(
            make_instance(), (StackId.CORE,), Consent(name="thumbnails", empty_buckets=True, unattended=True)
        )
    assert bench.asked("terraform") == []


def test_full_buckets_stay_unless_it_is_said(bench: Bench, session: boto3.Session, make_instance: MakeInstance) -> None:
    make_bucket(session, BUCKET)
    s3 = session.client("s3")
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for _ in range(3):
        s3.put_object(Bucket=BUCKET, Key="uploads/a.mp4", Body=b"video")
    s3.delete_object(Bucket=BUCKET, Key="uploads/a.mp4")

    instance = make_instance(**UNPROTECTED)
    with pytest.raises(RefusedError, match=f"{BUCKET} holds objects"):
        destroy_stacks(instance, (StackId.CORE,), Consent(name="thumbnails", unattended=True))
    assert bench.asked("terraform") == []

    destroy_stacks(instance, (StackId.CORE,), Consent(name="thumbnails", empty_buckets=True, unattended=True))
    assert leftovers.is_bucket_empty(session, BUCKET)
    assert bench.asked("terraform") == ["terraform destroy core"]


def test_more_versions_than_a_page_holds_are_deleted(session: boto3.Session) -> None:
    make_bucket(session, BUCKET)
    s3 = session.client("s3")
    for number in range(1005):
        s3.put_object(Bucket=BUCKET, Key=f"uploads/{number}.mp4", Body=b"")
    assert leftovers.empty_bucket(session, BUCKET) == 1005
    assert leftovers.is_bucket_empty(session, BUCKET)


def test_repositories_with_images_stay(session: boto3.Session, make_instance: MakeInstance) -> None:
    ecr = session.client("ecr")
    ecr.create_repository(repositoryName="thumbnails-api")
    ecr.put_image(repositoryName="thumbnails-api", imageTag="1.0.5", imageManifest=manifest())
    with pytest.raises(RefusedError, match="thumbnails-api holds images"):
        destroy_stacks(make_instance(), (StackId.BOOTSTRAP,), Consent(name="thumbnails", unattended=True))


def test_it_waits_until_the_load_balancer_is_gone(session: boto3.Session, make_instance: MakeInstance) -> None:
    arn, group = _make_leftovers(session)
    said: list[str] = []
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            session.client("elbv2").delete_load_balancer(LoadBalancerArn=arn)
        if len(pauses) == 3:
            session.client("ec2").delete_security_group(GroupId=group)

    leftovers.wait_until_gone(session, make_instance().names, say=said.append, pause=pause)
    assert len(pauses) == 3
    assert said == [
        f"Waiting for the deletion of load balancer thumbnails, security group k8s-thumbnails ({group}).",
        f"Waiting for the deletion of security group k8s-thumbnails ({group}).",
    ]


def test_what_does_not_go_is_named(session: boto3.Session, make_instance: MakeInstance) -> None:
    _make_leftovers(session)
    with pytest.raises(OperateError, match=r"After 1 minutes there are still load balancer thumbnails, security group"):
        leftovers.wait_until_gone(
            session, make_instance().names, say=lambda _said: None, pause=lambda _seconds: None, patience_s=60
        )


def test_load_balancers_of_other_clusters_do_not_matter(session: boto3.Session, make_instance: MakeInstance) -> None:
    _make_leftovers(session, cluster="another")
    assert leftovers.list_leftovers(session, make_instance().names) == []


def _make_leftovers(session: boto3.Session, cluster: str = "thumbnails") -> tuple[str, str]:
    tag: Any = {"Key": "elbv2.k8s.aws/cluster", "Value": cluster}
    ec2 = session.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"ap-southeast-2{zone}")
        for number, zone in enumerate("ab")
    ]
    group = ec2.create_security_group(
        GroupName="k8s-thumbnails",
        Description="of the controller",
        VpcId=vpc,
        TagSpecifications=[{"ResourceType": "security-group", "Tags": [tag]}],
    )["GroupId"]
    balancer = session.client("elbv2").create_load_balancer(
        Name="thumbnails", Subnets=[subnet["Subnet"]["SubnetId"] for subnet in subnets], Tags=[tag]
    )
    return balancer["LoadBalancers"][0]["LoadBalancerArn"], group
