"""Images are built for x86-64, pushed once, and never as `latest`. Docker only notes what it is asked."""

from collections.abc import Callable

import boto3
import pytest

from stacks.deploy import account, images
from stacks.deploy.errors import PrerequisiteError, RefusedError
from stacks.deploy.instance import Instance
from tests.support.bench import Bench, manifest
from tests.support.dockerfile import instructions
from tests.support.kubernetes_objects import container
from tests.support.synthesis import synthesize

MakeInstance = Callable[..., Instance]

REGISTRY = "123456789012.dkr.ecr.ap-southeast-2.amazonaws.com"


@pytest.fixture(autouse=True)
def _repositories(session: boto3.Session) -> None:
    for service in ("worker", "api", "frontend"):
        session.client("ecr").create_repository(repositoryName=f"thumbnails-{service}")


@pytest.mark.parametrize("tag", ["latest", "", "a tag", "1.0/5"])
def test_a_tag_that_moves_or_is_none_is_refused(bench: Bench, make_instance: MakeInstance, tag: str) -> None:
    with pytest.raises(RefusedError, match=r"For example: --tag 1\.0\.5"):
        images.push_images(make_instance(), tag=tag)
    assert bench.asked("docker") == []


def test_images_are_pushed_under_names_of_deployments(bench: Bench, make_instance: MakeInstance) -> None:
    instance = make_instance(image_tag="1.0.4")
    images.build_and_push(instance, ("worker",), tag="1.0.5")
    build, login, push = bench.asked("docker")
    assert f"--tag={REGISTRY}/thumbnails-worker:1.0.5" in build
    assert "--platform=linux/amd64" in build
    assert "--file=services/worker/Dockerfile" in build
    assert login == f"docker login --username AWS --password-stdin {REGISTRY}"
    assert push == f"docker push {REGISTRY}/thumbnails-worker:1.0.5"


def test_an_image_that_is_there_stays_as_it_is(
    bench: Bench, session: boto3.Session, make_instance: MakeInstance, capsys: pytest.CaptureFixture[str]
) -> None:
    session.client("ecr").put_image(repositoryName="thumbnails-worker", imageTag="1.0.5", imageManifest=manifest())
    images.push_images(make_instance(), tag="1.0.5")
    assert "worker 1.0.5 is already in ECR" in capsys.readouterr().out
    assert not any("thumbnails-worker" in line for line in bench.asked("docker"))


def test_no_docker_is_told_before_anything_else(bench: Bench, make_instance: MakeInstance) -> None:
    (bench.programs / "docker").unlink()
    bench.program("docker", status=1)
    with pytest.raises(PrerequisiteError, match="engine does not answer"):
        images.push_images(make_instance(), tag="1.0.5")


def test_secrets_that_name_other_repositories_are_told(make_instance: MakeInstance) -> None:
    instance = make_instance()
    account.check_repository_secrets(instance, {"ECR_BASE_API": f"{REGISTRY}/thumbnails-api", "ECR_BASE_WORKER": ""})
    with pytest.raises(PrerequisiteError, match=r"ECR_BASE_WORKER is 'x/y', and by pipeline\.toml the repository is"):
        account.check_repository_secrets(instance, {"ECR_BASE_WORKER": "x/y"})


def test_build_context_has_only_what_dockerfiles_copy() -> None:
    with images.build_context() as context:
        for service in ("worker", "api", "frontend"):
            for name, rest in instructions(context / "services" / service / "Dockerfile"):
                if name == "COPY" and "--from" not in rest:
                    assert all((context / source).exists() for source in rest.split()[:-1]), rest
        assert {path.name for path in context.iterdir()} == {"services", "requirements"}
        assert not list(context.rglob("node_modules"))


def test_a_team_builds_on_top_of_the_pipelines_image(bench: Bench, make_instance: MakeInstance) -> None:
    own = bench.project / "team" / "worker"
    own.mkdir(parents=True)
    (own / "Dockerfile").write_text("ARG PIPELINE\nFROM ${PIPELINE}\n", encoding="utf-8")
    images.build_and_push(make_instance(), ("worker", "api"), tag="1.0.5")
    ours, teams, api, _login, *pushed = bench.asked("docker")
    assert "--tag=thumbnails-worker:pipeline-1.0.5" in ours
    assert "--pull" in ours
    assert teams.endswith(f"--build-arg=PIPELINE=thumbnails-worker:pipeline-1.0.5 {own}")
    assert f"--tag={REGISTRY}/thumbnails-worker:1.0.5" in teams
    assert "--pull" not in teams
    assert "--file=services/api/Dockerfile" in api
    assert pushed == [f"docker push {REGISTRY}/thumbnails-{service}:1.0.5" for service in ("worker", "api")]


@pytest.mark.usefixtures("synthesized")  # It starts jsii, before the fake node is first in PATH.
def test_cluster_runs_the_last_image_pushed(bench: Bench, make_instance: MakeInstance) -> None:
    """Compare the image that the Deployment names with the one that has the team's steps."""
    own = bench.project / "team" / "worker"
    own.mkdir(parents=True)
    (own / "Dockerfile").write_text("ARG PIPELINE\nFROM ${PIPELINE}\n", encoding="utf-8")
    images.build_and_push(make_instance(), ("worker",), tag="1.0.5")
    config = make_instance().config.model_dump(mode="json", exclude_none=True) | {"image_tag": "1.0.5"}
    deployed = container(synthesize(config)["workloads"], "worker")["image"]
    *built, _login, pushed = bench.asked("docker")
    assert f"--tag={deployed} " in built[-1]
    assert built[-1].endswith(str(own))
    assert pushed == f"docker push {deployed}"
