"""The way in: the Ingress that becomes the load balancer, its Services and certificate, who is let in."""

import json

import pytest
from starlette.requests import HTTPConnection

from services.api.access.auth import check_origin
from services.api.schema.problems import ForbiddenError
from services.contract.settings import ApiSettings
from tests.support.kubernetes_objects import (
    comes_after,
    named,
    variables,
)
from tests.support.synthesis import EVERYTHING, MINIMAL, OIDC, WITH_DOMAIN, Config, Synthesized, synthesize

ALB = "alb.ingress.kubernetes.io"


def workloads_of(config: Config) -> Synthesized:
    return synthesize(config)["workloads"]


def annotations(stack: Synthesized, kind: str, name: str) -> dict[str, str]:
    found: dict[str, str] = named(stack, kind)[name]["metadata"]["annotations"]
    return {key.removeprefix(f"{ALB}/"): value for key, value in found.items()}


def test_paths_lead_to_the_services_that_answer_them(workloads: Synthesized) -> None:
    [rule] = named(workloads, "Ingress")["thumbnails"]["spec"]["rules"]
    backends = {path["path"]: path["backend"]["service"] for path in rule["http"]["paths"]}
    assert backends == {
        "/ws": {"name": "thumbnails-api", "port": {"number": 8000}},
        "/": {"name": "thumbnails-frontend", "port": {"number": 3000}},
    }
    services, deployments = named(workloads, "Service"), named(workloads, "Deployment")
    for backend in backends.values():
        spec = services[backend["name"]]["spec"]
        [port] = spec["ports"]
        assert port["port"] == backend["port"]["number"]
        template = deployments[backend["name"]]["spec"]["template"]
        assert spec["selector"].items() <= template["metadata"]["labels"].items()
        named_ports = {one["name"]: one["containerPort"] for one in template["spec"]["containers"][0]["ports"]}
        assert named_ports[port["targetPort"]] == port["port"]


def test_the_dashboards_address_is_an_output() -> None:
    output = workloads_of(MINIMAL).document["output"]["dashboard_url"]["value"]
    host = '${try(kubernetes_ingress_v1.ingress.status[0].load_balancer[0].ingress[0].hostname, "none")}'
    assert output == f"http://{host}"
    assert workloads_of(WITH_DOMAIN).document["output"]["dashboard_url"]["value"] == "https://thumbnail.example.com"
    before_https = workloads_of({**WITH_DOMAIN, "certificate": False})
    assert before_https.document["output"]["dashboard_url"]["value"] == f"http://{host}"


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    ("config", "origin"),
    [
        (MINIMAL, "http://thumbnails-1234567890.ap-southeast-2.elb.amazonaws.com"),
        ({**WITH_DOMAIN, "certificate": False}, "http://thumbnails-1234567890.ap-southeast-2.elb.amazonaws.com"),
        ({**WITH_DOMAIN, "certificate": False}, "http://thumbnail.example.com"),
        (WITH_DOMAIN, "https://thumbnail.example.com"),
    ],
)
def test_dashboard_origin_may_act_and_open_sockets(
    config: Config, origin: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check both: the load balancer sends `/ws` unchanged, the dashboard's server sends `/api` with another Host."""
    for name in ApiSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in variables(workloads_of(config), "api").items():
        monkeypatch.setenv(name, value)
    public_url = ApiSettings.from_environment().api_public_url
    scheme, _, host = origin.partition("://")
    sent = {"origin": origin, "x-forwarded-proto": scheme}
    sent |= {"host": host} if kind == "websocket" else {"host": "thumbnails-api:8000", "x-forwarded-host": host}

    def asked(headers: dict[str, str]) -> HTTPConnection:
        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        return HTTPConnection({"type": kind, "scheme": "http", "path": "/", "headers": pairs})

    check_origin(asked(sent), public_url)
    with pytest.raises(ForbiddenError):
        check_origin(asked({**sent, "origin": "http://evil.example.com"}), public_url)


def test_load_balancer_suits_fargate_and_websockets(workloads: Synthesized) -> None:
    given = annotations(workloads, "Ingress", "thumbnails")
    assert given["target-type"] == "ip"
    assert given["scheme"] == "internet-facing"
    assert given["load-balancer-attributes"].split(",") == [
        "idle_timeout.timeout_seconds=3600",
        "routing.http.drop_invalid_header_fields.enabled=true",
    ]
    for part in ("api", "frontend"):
        assert annotations(workloads, "Service", f"thumbnails-{part}")["healthcheck-path"] == "/health"


@pytest.mark.parametrize("name", ["abc", "a" * 20, "acme-thumbs"])
def test_load_balancer_name_is_short_and_consistent(name: str) -> None:
    stacks = synthesize({**WITH_DOMAIN, "name": name})
    given = annotations(stacks["workloads"], "Ingress", name)["load-balancer-name"]
    assert len(given) <= 32
    for other in ("dns", "monitoring"):
        assert stacks[other].document["data"]["aws_lb"]["load-balancer"]["name"] == given


def test_https_comes_with_the_certificate(workloads: Synthesized) -> None:
    before = annotations(workloads_of({**MINIMAL, "domain": "example.com"}), "Ingress", "thumbnails")
    assert json.loads(before["listen-ports"]) == [{"HTTP": 80}]
    assert not {"certificate-arn", "ssl-redirect", "ssl-policy"} & set(before)
    after = annotations(workloads, "Ingress", "thumbnails")
    assert json.loads(after["listen-ports"]) == [{"HTTP": 80}, {"HTTPS": 443}]
    assert after["certificate-arn"] == "${data.terraform_remote_state.dns.outputs.certificate_arn}"
    assert after["ssl-redirect"] == "443"
    assert after["ssl-policy"].startswith("ELBSecurityPolicy-TLS13-1-2-")
    assert variables(workloads, "api")["API_PUBLIC_URL"] == "https://thumbnail.example.com"


def test_the_load_balancer_logs_people_in_but_no_websocket() -> None:
    stack = workloads_of(OIDC)
    for part, unknown in {"api": "deny", "frontend": "authenticate"}.items():
        given = annotations(stack, "Service", f"thumbnails-{part}")
        provider = json.loads(given["auth-idp-oidc"])
        assert given["auth-type"] == "oidc"
        assert given["auth-on-unauthenticated-request"] == unknown
        assert provider["secretName"] in named(stack, "Secret")
    signer = variables(stack, "api")["AUTH_OIDC_SIGNER"]
    assert signer == "arn:aws:elasticloadbalancing:ap-southeast-2:123456789012:loadbalancer/app/thumbnails/"
    # The controller may read that Secret and no other.
    role = named(stack, "Role")["oidc-client-reader"]
    [subject] = named(stack, "RoleBinding")["oidc-client-reader"]["subjects"]
    assert role["rules"][0]["resourceNames"] == ["oidc-client"]
    assert subject["name"] == "aws-load-balancer-controller"


def test_signed_pictures_and_api_tokens_pass_the_load_balancers_login() -> None:
    stack = workloads_of(OIDC)
    [rule] = named(stack, "Ingress")["thumbnails"]["spec"]["rules"]
    backends = {path["path"]: path["backend"]["service"]["name"] for path in rule["http"]["paths"]}
    assert list(backends) == ["/ws", "/t", "/api", "/"]
    services = named(stack, "Service")
    for path in ("/t", "/api"):
        assert set(annotations(stack, "Service", backends[path])) == {"healthcheck-path"}
        assert services[backends[path]]["spec"] == services["thumbnails-api"]["spec"]
    # Only requests with an API token go past the login, and only to the api, which checks it.
    given = annotations(stack, "Ingress", "thumbnails")
    [name] = [name for name in given if name.startswith("conditions.")]
    [condition] = json.loads(given[name])
    assert name == f"conditions.{backends['/api']}"
    assert condition["field"] == "http-header"
    assert condition["httpHeaderConfig"] == {"httpHeaderName": "Authorization", "values": ["Bearer tnp_*"]}


def test_load_balancer_has_configured_firewall_and_addresses() -> None:
    given = annotations(workloads_of(EVERYTHING), "Ingress", "acme-thumbs")
    assert given["inbound-cidrs"] == "203.0.113.0/24"
    assert given["wafv2-acl-arn"] == EVERYTHING["load_balancer"]["web_acl_arn"]


def test_pods_wait_for_the_load_balancer_to_know_them(workloads: Synthesized) -> None:
    labels = named(workloads, "Namespace")["thumbnails"]["metadata"]["labels"]
    assert labels["elbv2.k8s.aws/pod-readiness-gate-inject"] == "enabled"
    for part in ("api", "frontend"):
        before = comes_after(workloads, f"kubernetes_deployment_v1.{part}-deployment")
        assert {"kubernetes_ingress_v1.ingress", f"kubernetes_service_v1.{part}-service"} <= before
    assert workloads.resources("kubernetes_ingress_v1")["ingress"]["wait_for_load_balancer"]
