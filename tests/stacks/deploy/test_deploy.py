"""The order of a deployment, what it refuses, and what it says comes next. Terraform only records what it applies."""

from collections.abc import Callable

import boto3
import pytest
from botocore.exceptions import ClientError

from stacks.deploy.deploy import deploy_all, deploy_stack
from stacks.deploy.errors import PrerequisiteError, RefusedError, SmokeError
from stacks.deploy.instance import Instance
from stacks.deploy.progress import zone_name_servers
from stacks.naming import StackId
from stacks.terraform.errors import TerraformError
from tests.support.bench import Bench, manifest, store_state

MakeInstance = Callable[..., Instance]
Delegate = Callable[[list[str]], None]

SERVICES = ("worker", "api", "frontend")


@pytest.fixture
def deployed(session: boto3.Session) -> boto3.Session:
    """Return an account with everything up to workloads, and a zone."""
    make_state_bucket(session)
    push_images(session)
    eks = session.client("eks")
    role = "arn:aws:iam::123456789012:role/thumbnails-cluster"
    eks.create_cluster(name="thumbnails", roleArn=role, resourcesVpcConfig={"subnetIds": []})
    make_load_balancer(session)
    store_state(session, "dns", name_servers=["ns-1.awsdns-01.org", "ns-2.awsdns-02.com"])
    return session


def make_state_bucket(session: boto3.Session) -> None:
    session.client("s3").create_bucket(
        Bucket="thumbnails-tfstate-123456789012-ap-southeast-2",
        CreateBucketConfiguration={"LocationConstraint": "ap-southeast-2"},
    )


def push_images(session: boto3.Session) -> None:
    ecr = session.client("ecr")
    for service in SERVICES:
        ecr.create_repository(repositoryName=f"thumbnails-{service}")
        ecr.put_image(repositoryName=f"thumbnails-{service}", imageTag="1.0.5", imageManifest=manifest(service))


def make_load_balancer(session: boto3.Session) -> str:
    ec2 = session.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"ap-southeast-2{zone}")
        for number, zone in enumerate("ab")
    ]
    made = session.client("elbv2").create_load_balancer(
        Name="thumbnails",
        Subnets=[subnet["Subnet"]["SubnetId"] for subnet in subnets],
        Tags=[{"Key": "elbv2.k8s.aws/cluster", "Value": "thumbnails"}],
    )
    return made["LoadBalancers"][0]["LoadBalancerArn"]


def address_of(session: boto3.Session) -> str:
    """Return the address that AWS gave the load balancer."""
    [balancer] = session.client("elbv2").describe_load_balancers(Names=["thumbnails"])["LoadBalancers"]
    return f"http://{balancer['DNSName']}"


def test_bootstrap_makes_state_bucket_and_suggests_images_next(
    bench: Bench, make_instance: MakeInstance, capsys: pytest.CaptureFixture[str]
) -> None:
    instance = make_instance()
    deploy_stack(instance, StackId.BOOTSTRAP, step=None, unattended=False)
    assert bench.asked("terraform") == ["terraform deploy bootstrap"]
    assert "Next: ./noxw images --tag 1.0.5" in capsys.readouterr().out
    buckets = [bucket["Name"] for bucket in instance.session.client("s3").list_buckets()["Buckets"]]
    assert buckets == ["thumbnails-tfstate-123456789012-ap-southeast-2"]


@pytest.mark.parametrize("stack", [StackId.WORKLOADS, StackId.MONITORING])
@pytest.mark.parametrize("domain", [None, "example.com"])
def test_without_https_load_balancer_address_is_printed_last(
    deployed: boto3.Session,
    make_instance: MakeInstance,
    capsys: pytest.CaptureFixture[str],
    stack: StackId,
    domain: str | None,
) -> None:
    deploy_stack(make_instance(domain=domain), stack, step=None, unattended=True)
    assert capsys.readouterr().out.splitlines()[-1] == f"The dashboard is at {address_of(deployed)}"


def test_an_address_that_cannot_be_read_fails_no_deployment(
    deployed: boto3.Session,
    make_instance: MakeInstance,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    del deployed
    instance = make_instance()

    def refuse(_instance: Instance) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeLoadBalancers")

    monkeypatch.setattr("stacks.deploy.progress.load_balancer_host", refuse)
    deploy_stack(instance, StackId.WORKLOADS, step=None, unattended=True)
    assert "The dashboard's address could not be read" in capsys.readouterr().out


def test_a_workflow_is_not_asked(bench: Bench, deployed: boto3.Session, make_instance: MakeInstance) -> None:
    del deployed
    deploy_stack(make_instance(), StackId.WORKLOADS, step=None, unattended=True)
    assert bench.asked("terraform") == ["terraform deploy workloads"]


@pytest.mark.parametrize("stack", [StackId.CORE, StackId.WORKLOADS, StackId.MONITORING])
def test_missing_prerequisite_deploys_nothing(bench: Bench, make_instance: MakeInstance, stack: StackId) -> None:
    with pytest.raises(PrerequisiteError):
        deploy_stack(make_instance(), stack, step=None, unattended=True)
    assert bench.asked("terraform") == []


def test_a_failure_of_terraform_ends_it(bench: Bench, deployed: boto3.Session, make_instance: MakeInstance) -> None:
    del deployed
    bench.terraform(status=3)
    with pytest.raises(TerraformError, match="Terraform could not deploy core"):
        deploy_stack(make_instance(), StackId.CORE, step=None, unattended=False)


def test_step_1_prints_the_name_servers(
    bench: Bench, deployed: boto3.Session, make_instance: MakeInstance, capsys: pytest.CaptureFixture[str]
) -> None:
    del deployed
    instance = make_instance(domain="example.com")
    deploy_stack(instance, StackId.DNS, step=1, unattended=True)
    assert bench.asked("terraform") == ["terraform deploy dns certificate=false"]
    said = capsys.readouterr().out
    servers = zone_name_servers(instance)
    assert servers
    assert all(f"  {server}\n" in said for server in servers)
    assert "Next: ./noxw deploy dns --step 2" in said


def test_step_2_waits_for_the_delegation(
    bench: Bench, deployed: boto3.Session, make_instance: MakeInstance, delegate: Delegate
) -> None:
    del deployed
    delegate(["ns1.registrar.example"])
    instance = make_instance(domain="example.com", certificate=True)
    with pytest.raises(PrerequisiteError) as caught:
        deploy_stack(instance, StackId.DNS, step=2, unattended=True)
    assert f"its registrar must name {', '.join(zone_name_servers(instance))}" in str(caught.value)
    assert "public DNS shows ns1.registrar.example" in str(caught.value)
    assert bench.asked("terraform") == []


def test_step_2_gives_the_load_balancer_its_certificate(
    bench: Bench, deployed: boto3.Session, make_instance: MakeInstance, delegate: Delegate
) -> None:
    del deployed
    instance = make_instance(domain="example.com", certificate=True)
    delegate(zone_name_servers(instance))
    deploy_stack(instance, StackId.DNS, step=None, unattended=True)
    assert bench.asked("terraform") == [
        "terraform deploy dns certificate=true",
        "terraform deploy workloads certificate=true",
    ]


def test_step_2_needs_the_certificate_in_the_config(make_instance: MakeInstance) -> None:
    with pytest.raises(RefusedError, match=r"certificate = false\. Set certificate = true in pipeline\.toml"):
        deploy_stack(make_instance(domain="example.com"), StackId.DNS, step=2, unattended=True)


def test_step_1_does_not_take_an_address_away(
    deployed: boto3.Session, make_instance: MakeInstance, delegate: Delegate
) -> None:
    del deployed
    instance = make_instance(domain="example.com", certificate=True)
    delegate(zone_name_servers(instance))
    with pytest.raises(RefusedError, match="would delete the dashboard's address"):
        deploy_stack(instance, StackId.DNS, step=1, unattended=True)


def test_dns_needs_a_domain(make_instance: MakeInstance) -> None:
    with pytest.raises(RefusedError, match=r'set domain = "example\.com"'):
        deploy_stack(make_instance(), StackId.DNS, step=1, unattended=True)


def test_all_goes_from_nothing_to_a_persons_turn(  # noqa: PLR0917 - fixtures are arguments
    bench: Bench,
    session: boto3.Session,
    make_instance: MakeInstance,
    delegate: Delegate,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Run four times: stop at the delegation, then at the config, then finish, then change nothing."""
    instance = make_instance(domain="example.com")
    make_state_bucket(session)
    push_images(session)
    session.client("eks").create_cluster(
        name="thumbnails", roleArn="arn:aws:iam::123456789012:role/x", resourcesVpcConfig={"subnetIds": []}
    )
    store_state(session, "dns", name_servers=["ns-1.awsdns-01.org", "ns-2.awsdns-02.com"])

    deploy_all(instance, unattended=True)
    assert bench.asked("terraform") == [
        "terraform deploy bootstrap",
        "terraform deploy core",
        "terraform deploy workloads certificate=false",
        "terraform deploy dns certificate=false",
    ]
    assert "Next: delegate the domain, then ./noxw deploy all" in capsys.readouterr().out

    delegate(zone_name_servers(instance))
    bench.log.unlink()
    deploy_all(instance, unattended=True)
    assert "Set certificate = true in pipeline.toml" in capsys.readouterr().out
    assert bench.asked("terraform")[-1] == "terraform deploy dns certificate=false"

    make_load_balancer(session)
    bench.log.unlink()
    monkeypatch.setattr("stacks.deploy.progress.has_certificate", _issued_after(bench, "deploy dns"))
    deploy_all(make_instance(domain="example.com", certificate=True), unattended=True)
    assert bench.asked("terraform") == [
        "terraform deploy bootstrap",
        "terraform deploy core",
        "terraform deploy workloads certificate=false",
        "terraform deploy dns certificate=true",
        "terraform deploy workloads certificate=true",
        "terraform deploy monitoring",
    ]
    said = capsys.readouterr().out
    assert said.endswith("Everything is deployed.\nThe dashboard is at https://thumbnail.example.com\n")

    bench.log.unlink()
    monkeypatch.setattr("stacks.deploy.progress.has_certificate", lambda _instance: True)
    deploy_all(make_instance(domain="example.com", certificate=True), unattended=True)
    order = [line.split()[2] for line in bench.asked("terraform")]
    assert order == ["bootstrap", "core", "workloads", "dns", "monitoring"]


def _issued_after(bench: Bench, command: str) -> Callable[[Instance], bool]:
    return lambda _instance: any(command in line for line in bench.asked("terraform"))


def test_all_builds_images_that_are_absent(bench: Bench, session: boto3.Session, make_instance: MakeInstance) -> None:
    make_state_bucket(session)
    for service in SERVICES:
        session.client("ecr").create_repository(repositoryName=f"thumbnails-{service}")
    with pytest.raises(PrerequisiteError, match="The cluster thumbnails does not exist"):
        deploy_all(make_instance(), unattended=True)
    commands = [line.split()[1] for line in bench.asked("docker")]
    assert commands[:2] == ["version", "build"]
    assert bench.asked("terraform") == ["terraform deploy bootstrap", "terraform deploy core"]


def test_all_ends_with_the_smoke_test(
    deployed: boto3.Session, make_instance: MakeInstance, smoke_runs: list[list[str]]
) -> None:
    del deployed
    deploy_all(make_instance(), unattended=True)
    [applied] = smoke_runs
    assert applied[-1] == "terraform deploy monitoring"


def test_a_failed_smoke_test_still_tells_the_address(
    deployed: boto3.Session,
    make_instance: MakeInstance,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(_instance: Instance) -> None:
        raise SmokeError("The smoke test failed: alarms.")

    monkeypatch.setattr("stacks.deploy.deploy.run_smoke", fail)
    with pytest.raises(SmokeError):
        deploy_all(make_instance(), unattended=True)
    assert capsys.readouterr().out.endswith(f"The dashboard is at {address_of(deployed)}\n")


def test_no_smoke_test_while_the_domain_is_pending(
    deployed: boto3.Session, make_instance: MakeInstance, smoke_runs: list[list[str]]
) -> None:
    del deployed
    deploy_all(make_instance(domain="example.com"), unattended=True)
    assert smoke_runs == []


def test_all_without_a_domain_is_over_http(
    bench: Bench, deployed: boto3.Session, make_instance: MakeInstance, capsys: pytest.CaptureFixture[str]
) -> None:
    deploy_all(make_instance(), unattended=True)
    assert [line.split()[2] for line in bench.asked("terraform")] == ["bootstrap", "core", "workloads", "monitoring"]
    assert capsys.readouterr().out.endswith(f"Everything is deployed.\nThe dashboard is at {address_of(deployed)}\n")
