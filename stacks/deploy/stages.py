"""The order of a deployment, and the prerequisites of each stage.

bootstrap, images, core, workloads, dns step 1, the delegation (by the user, at the registrar), dns step 2,
monitoring. Which stages are left follows from how far the instance is; nothing here asks or changes anything.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from stacks.config.model import PipelineConfig
from stacks.deploy.progress import InstanceProgress
from stacks.naming import StackId


class Need(StrEnum):
    STATE_BUCKET = "the state's bucket"
    QUOTA = "the Fargate quota"
    QUOTA_LATER = "the Fargate quota, which a later stage needs"
    AWS_CLI = "the AWS CLI"
    CHARTS = "the public charts"
    IMAGES = "the images"
    CLUSTER = "the cluster"
    ACCESS = "an access entry of the cluster"
    CERTIFICATE = "the certificate"
    LOAD_BALANCER = "the load balancer"
    DELEGATION = "the domain's delegation"
    IDENTITIES = "GitHub's OIDC provider and the organisation's boundary"
    NETWORK = "an existing VPC"
    SOURCES = "existing buckets with videos"
    ZONE = "an existing hosted zone"


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A stack that is deployed, with what the config says differently for it."""

    stack: StackId
    title: str
    needs: tuple[Need, ...] = ()
    overrides: Mapping[str, str] = field(default_factory=dict)
    """Environment variables over the config's file."""


@dataclass(frozen=True, kw_only=True)
class Images:
    """The images are built and pushed, as some are not in ECR."""

    services: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Pause:
    """A pause for the user; the same command then continues."""

    why: str


EXISTING = (Need.IDENTITIES, Need.NETWORK, Need.SOURCES, Need.ZONE)
"""Things of the account that the config may name; `deploy all` checks them before the first stage."""

_CERTIFICATE = "PIPELINE_CERTIFICATE"

BOOTSTRAP = Stage(
    stack=StackId.BOOTSTRAP,
    title="bootstrap: GitHub's roles, ECR repositories, the state's settings",
    needs=(Need.IDENTITIES,),
)
CORE = Stage(
    stack=StackId.CORE,
    title="core: network, cluster, queues, buckets, table",
    needs=(Need.STATE_BUCKET, Need.QUOTA_LATER, Need.NETWORK, Need.SOURCES),
)
WORKLOADS = Stage(
    stack=StackId.WORKLOADS,
    title="workloads: KEDA, load balancer, api, frontend, worker",
    needs=(
        Need.STATE_BUCKET,
        Need.AWS_CLI,
        Need.CHARTS,
        Need.QUOTA,
        Need.CLUSTER,
        Need.ACCESS,
        Need.CERTIFICATE,
        Need.IMAGES,
    ),
)
WORKLOADS_HTTP = Stage(
    stack=StackId.WORKLOADS,
    title="workloads, over HTTP until there is a certificate",
    needs=tuple(need for need in WORKLOADS.needs if need is not Need.CERTIFICATE),
    overrides={_CERTIFICATE: "false"},
)
DNS_1 = Stage(
    stack=StackId.DNS,
    title="dns step 1: zone and certificate request",
    needs=(Need.STATE_BUCKET, Need.ZONE),
    overrides={_CERTIFICATE: "false"},
)
DNS_2 = Stage(
    stack=StackId.DNS,
    title="dns step 2: validation of the certificate, address of the dashboard",
    needs=(Need.STATE_BUCKET, Need.ZONE, Need.DELEGATION, Need.LOAD_BALANCER),
    overrides={_CERTIFICATE: "true"},
)
WORKLOADS_HTTPS = Stage(
    stack=StackId.WORKLOADS,
    title="workloads, with the certificate: HTTPS, and HTTP redirects to it",
    needs=WORKLOADS.needs,
    overrides={_CERTIFICATE: "true"},
)
MONITORING = Stage(
    stack=StackId.MONITORING,
    title="monitoring: alarms, dashboard, e-mail",
    needs=(Need.STATE_BUCKET, Need.LOAD_BALANCER),
)

_ALONE = {
    StackId.BOOTSTRAP: (BOOTSTRAP,),
    StackId.CORE: (CORE,),
    StackId.WORKLOADS: (WORKLOADS,),
    StackId.MONITORING: (MONITORING,),
}


def stages_of(stack: StackId, *, step: int | None, config: PipelineConfig) -> tuple[Stage, ...]:
    """Return the stages of `deploy STACK`; for dns without `step`, the config's `certificate` decides."""
    if stack is not StackId.DNS:
        return _ALONE[stack]
    return (DNS_2, WORKLOADS_HTTPS) if (step or (2 if config.certificate else 1)) == 2 else (DNS_1,)


def first_stages(progress: InstanceProgress) -> Iterator[Stage | Images]:
    """Yield the stages of `deploy all` before the certificate matters."""
    yield BOOTSTRAP
    if progress.missing_images:
        yield Images(services=progress.missing_images)
    yield CORE


def last_stages(config: PipelineConfig, progress: InstanceProgress) -> Iterator[Stage | Pause]:
    """Yield the stages of `deploy all` after core, up to a step of the user or the end."""
    if config.domain is None:
        yield WORKLOADS
    elif not progress.delegated:
        yield WORKLOADS_HTTP
        yield DNS_1
        yield Pause(why="delegation")
        return
    elif not config.certificate:
        yield WORKLOADS
        yield DNS_1
        yield Pause(why="certificate")
        return
    elif progress.certificate_issued:
        yield WORKLOADS
        yield DNS_2
    else:
        yield WORKLOADS_HTTP
        yield DNS_2
        yield WORKLOADS_HTTPS
    yield MONITORING


def next_command(stack: StackId, *, step: int | None, config: PipelineConfig) -> str | None:
    """Return the command that follows `deploy STACK`, None after the last."""
    deploy = "./noxw deploy"
    monitoring = f"{deploy} monitoring"
    secured = config.domain is None or config.certificate
    following: dict[StackId, str] = {
        StackId.BOOTSTRAP: f"./noxw images --tag {config.image_tag}",
        StackId.CORE: f"{deploy} workloads",
        StackId.WORKLOADS: monitoring if secured else f"{deploy} dns --step 1",
        StackId.DNS: f"{deploy} dns --step 2" if step == 1 else monitoring,
    }
    return following.get(stack)
