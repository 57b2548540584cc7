"""The Deployments of the pipeline, as values: what each runs, with which environment, and how it ends.

Pure: config in, descriptions out. `deployments` turns them into Kubernetes objects.
"""

from dataclasses import dataclass
from typing import Any

from services.contract.keys import THUMBNAIL_PREFIX
from services.contract.settings import ApiSettings, FramesSettings, FrontendSettings, WorkerSettings
from stacks.config.model import PipelineConfig
from stacks.config.pods import PodSize
from stacks.cost.prices import load_prices
from stacks.cost.unit_prices import make_unit_prices
from stacks.engine.environment import container_environment
from stacks.engine.processing import extraction_settings, processing_settings, thumbnail_settings, video_extensions
from stacks.naming import Names

_KEEP_ALIVE_MARGIN_S = 10
"""The servers keep idle connections longer than the load balancer, or it sends a request into one that just closed, and
answers 502: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
"""

DEREGISTRATION_DELAY_S = 30
"""Seconds that the load balancer lets requests end on a pod that terminates; the pod waits that long before SIGTERM."""

_MARGIN_S = 15
"""Between the last moment that a process gives itself and the moment that Kubernetes kills it."""


@dataclass(frozen=True, kw_only=True)
class Component:
    """The content of a Deployment. Its requests are its limits: a Fargate pod is a machine of its own."""

    part: str
    """worker, api, frontend or frames: the value of the label `app.kubernetes.io/component`."""
    name: str
    image: str
    """Image of the part; that of the worker contains the frames service as well."""
    environment: dict[str, str]
    size: PodSize
    ports: dict[str, int]
    health_port: int
    health_path: str
    """Path of the liveness probe."""
    startup_path: str
    """Path of the startup probe, which must succeed once: a pod without its rights never receives requests."""
    drain_s: int
    """Seconds between the order to end and SIGTERM, in which load balancer and Service forget the pod."""
    shutdown_grace_s: int
    """Seconds that the process takes from SIGTERM to its end, at most."""
    command: tuple[str, ...] = ()
    """Command that replaces the image's; empty for the image's own."""
    writable: tuple[str, ...] = ("/tmp",)  # noqa: S108 - an emptyDir of the pod's own
    reads_pods: bool = False
    """True if the process calls Kubernetes and needs a token for it."""

    @property
    def termination_grace_s(self) -> int:
        return self.drain_s + self.shutdown_grace_s + _MARGIN_S


def describe_worker(config: PipelineConfig) -> Component:
    names = Names(config)
    # From SIGTERM it takes no more videos: those in progress started before it, and each ends within its deadline.
    shutdown_grace_s = min(config.processing.deadline_s + _MARGIN_S, 3600)
    return Component(
        part="worker",
        name=names.worker,
        image=names.image("worker"),
        environment=container_environment(
            WorkerSettings,
            **_shared(config),
            worker_concurrency=config.worker.concurrency,
            worker_metrics_port=9090,
            worker_health_port=8080,
            **processing_settings(config),
            shutdown_grace_s=shutdown_grace_s,
        ),
        size=config.worker,
        ports={"health": 8080, "metrics": 9090},
        health_port=8080,
        health_path="/",
        startup_path="/",
        drain_s=0,
        shutdown_grace_s=shutdown_grace_s,
    )


def describe_api(config: PipelineConfig) -> Component:
    names, oidc = Names(config), config.auth.oidc
    shutdown_grace_s = 15
    return Component(
        part="api",
        name=names.api,
        image=names.image("api"),
        environment=container_environment(
            ApiSettings,
            **_shared(config),
            pipeline_name=config.name,
            pods_source="kubernetes",
            worker_namespace=names.namespace,
            test_source_bucket=names.resources.test_source_bucket,
            log_group=names.pods_log_group,
            cost_prices=make_unit_prices(config, load_prices()).model_dump_json(),
            api_port=8000,
            api_metrics_port=9090,
            api_public_url=f"https://{names.host}" if config.certificate else None,
            api_keep_alive_s=config.load_balancer.idle_timeout_s + _KEEP_ALIVE_MARGIN_S,
            api_shutdown_grace_s=shutdown_grace_s,
            frames_enabled=config.frames.enabled or None,
            **thumbnail_settings(config),
            video_extensions=video_extensions(config),
            max_receive_count=config.processing.max_receive_count,
            events_bus=names.event_bus if config.events.event_bus else None,
            events_allow_private_targets=config.events.allow_private_targets or None,
            uploads_expire=config.storage.upload_expiry_days is not None or None,
            auth_mode=config.auth.mode,
            # Its name, not its value: the api reads it with its own role, so no state, no Secret and no pod holds it.
            auth_token_secret=names.api_token_secret if config.auth.mode == "token" else None,
            # An ARN ends in an id that only AWS knows. What comes before it is unique in account and region.
            auth_oidc_signer=f"{names.arn('elasticloadbalancing', f'loadbalancer/app/{names.load_balancer}')}/"
            if oidc
            else None,
            auth_oidc_issuer=oidc.issuer if oidc else None,
            auth_oidc_operator_claim=oidc.operator_claim if oidc else None,
            auth_oidc_operator_value=oidc.operator_value if oidc else None,
        ),
        size=config.api,
        ports={"http": 8000, "metrics": 9090},
        health_port=8000,
        health_path="/health",
        # Not later on: an outage of AWS must not take the dashboard away that shows it.
        startup_path="/health/ready",
        drain_s=DEREGISTRATION_DELAY_S,
        shutdown_grace_s=shutdown_grace_s,
        reads_pods=True,
    )


def describe_frontend(config: PipelineConfig) -> Component:
    names = Names(config)
    return Component(
        part="frontend",
        name=names.frontend,
        image=names.image("frontend"),
        environment=container_environment(
            FrontendSettings,
            api_base_url=f"http://{names.api}:8000",
            storage_origin=names.bucket_origin,
            port=3000,
            hostname="0.0.0.0",  # noqa: S104 - a pod's own address; Kubernetes sets HOSTNAME to its name otherwise
            keep_alive_timeout=(config.load_balancer.idle_timeout_s + _KEEP_ALIVE_MARGIN_S) * 1000,
            node_env="production",
            next_telemetry_disabled="1",
        ),
        size=config.frontend,
        ports={"http": 3000},
        health_port=3000,
        health_path="/health",
        startup_path="/health",
        drain_s=DEREGISTRATION_DELAY_S,
        shutdown_grace_s=15,
        writable=("/tmp", "/app/.next/cache"),  # noqa: S108 - emptyDirs of the pod's own
    )


def describe_frames(config: PipelineConfig) -> Component:
    names, shared = Names(config), _shared(config)
    shutdown_grace_s = 15
    return Component(
        part="frames",
        name=names.frames,
        image=names.image("worker"),
        command=("python", "-m", "services.frames"),
        environment=container_environment(
            FramesSettings,
            **{name: value for name, value in shared.items() if name in FramesSettings.model_fields},
            **extraction_settings(config),
            frames_port=8000,
            frames_metrics_port=9090,
            # Not by the CPUs: on Fargate a process may see more of them than its pod has.
            frames_concurrency=config.frames.concurrency,
            frames_keep_alive_s=config.load_balancer.idle_timeout_s + _KEEP_ALIVE_MARGIN_S,
            frames_shutdown_grace_s=shutdown_grace_s,
        ),
        size=config.frames,
        ports={"http": 8000, "metrics": 9090},
        health_port=8000,
        health_path="/health",
        startup_path="/health/ready",
        drain_s=DEREGISTRATION_DELAY_S,
        shutdown_grace_s=shutdown_grace_s,
    )


def _shared(config: PipelineConfig) -> dict[str, Any]:
    names = Names(config)
    return {
        "aws_region": config.region,
        "sqs_queue_url": names.queue_url,
        "sqs_dlq_url": names.dead_letter_queue_url,
        "s3_bucket": names.resources.bucket,
        "s3_source_buckets": config.storage.source_buckets or None,
        "s3_thumbnail_prefix": THUMBNAIL_PREFIX,
        "videos_table": names.resources.table.name,
        "table_shards": config.storage.table_shards,
        "events_enabled": config.events.enabled or None,
        "events_retention_days": config.events.retention_days if config.events.enabled else None,
        "otel_exporter_otlp_endpoint": config.cluster.otlp_endpoint,
    }
