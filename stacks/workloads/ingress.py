"""The way in: the Services and the Ingress that the AWS Load Balancer Controller makes the ALB of.

Annotations: https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from cdktf import Fn, ITerraformDependable, Token
from cdktf_cdktf_provider_kubernetes.ingress_v1 import (
    IngressV1,
    IngressV1Metadata,
    IngressV1Spec,
    IngressV1SpecRule,
    IngressV1SpecRuleHttp,
    IngressV1SpecRuleHttpPath,
    IngressV1SpecRuleHttpPathBackend,
    IngressV1SpecRuleHttpPathBackendService,
    IngressV1SpecRuleHttpPathBackendServicePort,
    IngressV1Timeouts,
)
from cdktf_cdktf_provider_kubernetes.service_v1 import ServiceV1, ServiceV1Metadata, ServiceV1Spec, ServiceV1SpecPort

from services.contract.settings.api import API_TOKEN_PREFIX
from stacks.config.model import PipelineConfig
from stacks.config.sections import LoadBalancer, Oidc
from stacks.engine.stack import PipelineStack
from stacks.workloads.components import DEREGISTRATION_DELAY_S, Component
from stacks.workloads.deployments import component_labels, component_selector

TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
"""TLS 1.3 and 1.2 only: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html"""

OIDC_SECRET = "oidc-client"  # noqa: S105 - the name of a Secret

PICTURES_PATH = "/t"
"""Path of the stable URLs of thumbnails, which have a signature in place of a login."""

_PREFIX = "alb.ingress.kubernetes.io"


def make_service(
    stack: PipelineStack,
    component: Component,
    *,
    annotations: Mapping[str, str],
    depends_on: Sequence[ITerraformDependable],
    name: str | None = None,
) -> ServiceV1:
    """Make the Service of the component's HTTP port; the load balancer cannot reach the metrics.

    With a name, a further one: the load balancer's login belongs to a Service.
    """
    return ServiceV1(
        stack,
        f"{name.removeprefix(f'{stack.config.name}-')}-service" if name else f"{component.part}-service",
        metadata=ServiceV1Metadata(
            name=name or component.name,
            namespace=stack.names.namespace,
            labels=component_labels(stack.config, component.part),
            annotations={f"{_PREFIX}/healthcheck-path": component.health_path, **annotations},
        ),
        spec=ServiceV1Spec(
            type="ClusterIP",
            selector=component_selector(stack.config, component.part),
            port=[
                ServiceV1SpecPort(name="http", port=component.ports["http"], target_port="http", protocol="TCP"),
            ],
        ),
        depends_on=depends_on,
    )


def make_ingress(
    stack: PipelineStack,
    *,
    api: Component,
    others: Mapping[str, Component],
    certificate_arn: str | None,
    depends_on: Sequence[ITerraformDependable],
) -> IngressV1:
    """Make the Ingress: `/ws` goes to the api, and each path of `others` to its component.

    With OIDC, signed pictures and requests with an API token go to the api by Services without a login.
    Terraform waits until the load balancer stands; pods that come after it get their readiness gates.
    """
    paths = [_path("/ws", api), *(_path(path, other) for path, other in others.items())]
    if stack.config.auth.oidc:
        names = {PICTURES_PATH: stack.names.open_api, "/api": stack.names.token_api}
        paths[1:1] = [_path(path, replace(api, name=name)) for path, name in names.items()]
    return IngressV1(
        stack,
        "ingress",
        metadata=IngressV1Metadata(
            name=stack.config.name,
            namespace=stack.names.namespace,
            labels=component_labels(stack.config, "ingress"),
            annotations={
                **_annotations(stack.names.load_balancer, stack.config.load_balancer, certificate_arn),
                **_subnets(stack.config),
                **(_token_condition(stack.names.token_api) if stack.config.auth.oidc else {}),
            },
        ),
        spec=IngressV1Spec(
            ingress_class_name="alb",
            rule=[IngressV1SpecRule(http=IngressV1SpecRuleHttp(path=paths))],
        ),
        wait_for_load_balancer=True,
        timeouts=IngressV1Timeouts(create="15m", delete="20m"),
        depends_on=depends_on,
    )


def host_of(entrance: IngressV1) -> str:
    """Return the load balancer's own host name, which AWS gives it, as a token that Terraform resolves.

    The token is `none` without a load balancer: an output that cannot be computed would stop a plan or a destroy.
    """
    host = entrance.status.get(0).load_balancer.get(0).ingress.get(0).hostname
    return Token.as_string(Fn.try_([host, "none"]))


def oidc_annotations(oidc: Oidc, *, for_websockets: bool) -> dict[str, str]:
    """Return annotations for the login at the load balancer; a WebSocket cannot follow a redirect, so it is refused."""
    provider = {
        "issuer": oidc.issuer,
        "authorizationEndpoint": oidc.authorization_endpoint,
        "tokenEndpoint": oidc.token_endpoint,
        "userInfoEndpoint": oidc.user_info_endpoint,
        "secretName": OIDC_SECRET,
    }
    return {
        f"{_PREFIX}/auth-type": "oidc",
        f"{_PREFIX}/auth-idp-oidc": json.dumps(provider),
        f"{_PREFIX}/auth-scope": "openid profile email",
        f"{_PREFIX}/auth-on-unauthenticated-request": "deny" if for_websockets else "authenticate",
    }


def _annotations(name: str, balancer: LoadBalancer, certificate_arn: str | None) -> dict[str, str]:
    annotations = {
        "scheme": balancer.scheme,
        "inbound-cidrs": ",".join(map(str, balancer.inbound_cidrs)),
        # A Fargate pod has an address of the VPC and no node port.
        "target-type": "ip",
        "load-balancer-name": name,
        "load-balancer-attributes": f"idle_timeout.timeout_seconds={balancer.idle_timeout_s},"
        "routing.http.drop_invalid_header_fields.enabled=true",
        "target-group-attributes": f"deregistration_delay.timeout_seconds={DEREGISTRATION_DELAY_S}",
        "healthcheck-interval-seconds": "10",
        "healthcheck-timeout-seconds": "5",
        "healthy-threshold-count": "2",
        "unhealthy-threshold-count": "3",
        "success-codes": "200",
        "listen-ports": json.dumps([{"HTTP": 80}]),
    }
    if balancer.web_acl_arn:
        annotations["wafv2-acl-arn"] = balancer.web_acl_arn
    if certificate_arn:
        annotations |= {
            "listen-ports": json.dumps([{"HTTP": 80}, {"HTTPS": 443}]),
            "certificate-arn": certificate_arn,
            "ssl-policy": TLS_POLICY,
            "ssl-redirect": "443",
        }
    return {f"{_PREFIX}/{key}": value for key, value in annotations.items()}


def _token_condition(service: str) -> dict[str, str]:
    """Return the annotation by which only requests with an API token reach a Service; the api checks the token."""
    header = {"httpHeaderName": "Authorization", "values": [f"Bearer {API_TOKEN_PREFIX}*"]}
    return {f"{_PREFIX}/conditions.{service}": json.dumps([{"field": "http-header", "httpHeaderConfig": header}])}


def _subnets(config: PipelineConfig) -> dict[str, str]:
    """Return the annotation with the subnets of an existing VPC.

    Without it the controller takes the tagged subnets of the VPC, which can be others' there. Subnets that another
    account shares cannot be tagged at all.
    """
    if config.network.vpc_id is None:
        return {}
    internal = config.load_balancer.scheme == "internal"
    subnets = config.network.private_subnet_ids if internal else config.network.public_subnet_ids
    return {f"{_PREFIX}/subnets": ",".join(subnets)}


def _path(path: str, component: Component) -> IngressV1SpecRuleHttpPath:
    return IngressV1SpecRuleHttpPath(
        path=path,
        path_type="Prefix",
        backend=IngressV1SpecRuleHttpPathBackend(
            service=IngressV1SpecRuleHttpPathBackendService(
                name=component.name,
                port=IngressV1SpecRuleHttpPathBackendServicePort(number=component.ports["http"]),
            )
        ),
    )
