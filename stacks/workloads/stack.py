"""The workloads stack: everything that runs in the cluster. Each resource depends on those that it needs.

Terraform destroys in the reverse order. The Ingress is destroyed before its controller, which deletes the load balancer
with it; the ScaledObject before KEDA; the pods before their namespaces.
"""

from constructs import Construct

from services.contract.frames import FRAMES_PATH
from stacks.config.model import PipelineConfig
from stacks.core.outputs import CoreOutputs
from stacks.dns.outputs import DnsOutputs
from stacks.engine.outputs import outputs_of, publish
from stacks.engine.stack import PipelineStack
from stacks.naming import INSIGHTS_NAMESPACE, KEDA_NAMESPACE, LOGGING_NAMESPACE, ServiceAccount, StackId
from stacks.workloads import components
from stacks.workloads.access import allow_reading_pods, make_oidc_secret, make_service_account
from stacks.workloads.autoscaling import make_cpu_autoscaler, make_disruption_budget, make_queue_autoscaler
from stacks.workloads.collector import install_collector
from stacks.workloads.controllers import install_keda, install_load_balancer_controller
from stacks.workloads.deployments import keep_deployed_image, make_deployment
from stacks.workloads.ingress import host_of, make_ingress, make_service, oidc_annotations
from stacks.workloads.namespaces import FARGATE_LOGGING, READINESS_GATE, make_namespace
from stacks.workloads.outputs import WorkloadsOutputs
from stacks.workloads.pod_logs import make_pod_logs


class WorkloadsStack(PipelineStack):
    """Namespaces, logging, controllers, and the pipeline's pods with their way in."""

    def __init__(self, scope: Construct, config: PipelineConfig) -> None:
        super().__init__(scope, StackId.WORKLOADS, config)
        core = outputs_of(self, StackId.CORE, CoreOutputs)
        # The certificate has been validated by then: the dns stack's second step waits for it.
        certificate_arn = outputs_of(self, StackId.DNS, DnsOutputs).certificate_arn if config.certificate else None
        self.connect_to_cluster(name=core.cluster_name, endpoint=core.cluster_endpoint, ca_data=core.cluster_ca_data)

        logging = make_namespace(self, LOGGING_NAMESPACE, purpose="logging", labels=FARGATE_LOGGING)
        # Only pods that start after it are covered, so that whatever has pods comes after it.
        logs = make_pod_logs(self, depends_on=[logging])
        keda_namespace = make_namespace(self, KEDA_NAMESPACE, purpose="keda")
        pipeline = make_namespace(self, self.names.namespace, purpose="pipeline", labels=READINESS_GATE)

        # KEDA's chart puts a RoleBinding into the namespace that KEDA watches.
        scaler = install_keda(self, core, depends_on=[keda_namespace, pipeline, logs])
        balancer = install_load_balancer_controller(self, core, depends_on=[logs])
        if config.cluster.pod_metrics != "none":
            insights = make_namespace(self, INSIGHTS_NAMESPACE, purpose="insights")
            install_collector(self, core, depends_on=[insights, logs])

        worker, api, frontend = (
            components.describe_worker(config),
            components.describe_api(config),
            components.describe_frontend(config),
        )
        frames = components.describe_frames(config) if config.frames.enabled else None
        worker_account = make_service_account(
            self, "worker", self.names.worker_account, role_arn=core.worker_role_arn, depends_on=[pipeline]
        )
        api_account = make_service_account(
            self, "api", self.names.api_account, role_arn=core.api_role_arn, depends_on=[pipeline]
        )
        frontend_account = make_service_account(
            self, "frontend", ServiceAccount(self.names.namespace, frontend.name), role_arn=None, depends_on=[pipeline]
        )
        allow_reading_pods(self, self.names.api_account, depends_on=[pipeline])

        oidc = config.auth.oidc
        if oidc:
            make_oidc_secret(self, oidc, depends_on=[pipeline])
        api_service = make_service(
            self,
            api,
            annotations=oidc_annotations(oidc, for_websockets=True) if oidc else {},
            depends_on=[pipeline],
        )
        if oidc:
            for name in (self.names.open_api, self.names.token_api):
                make_service(self, api, annotations={}, depends_on=[pipeline], name=name)
        frontend_service = make_service(
            self,
            frontend,
            annotations=oidc_annotations(oidc, for_websockets=False) if oidc else {},
            depends_on=[pipeline],
        )
        frames_service = make_service(self, frames, annotations={}, depends_on=[pipeline]) if frames else None
        services = (api_service, frontend_service, frames_service)
        entrance = make_ingress(
            self,
            api=api,
            # The frontend passes `/api` and `/t` on itself. URLs of frames have a signature in place of a login.
            others={**({FRAMES_PATH: frames} if frames else {}), "/": frontend},
            certificate_arn=certificate_arn,
            depends_on=[balancer, *(service for service in services if service)],
        )

        # Readiness gates are put into pods as they are made, and only once the load balancer has their target group.
        api_pods = make_deployment(self, api, depends_on=[api_account, logs, entrance])
        frontend_pods = make_deployment(self, frontend, depends_on=[frontend_account, logs, entrance])
        worker_pods = make_deployment(self, worker, depends_on=[worker_account, logs])
        make_cpu_autoscaler(self, api, config.api, target=api_pods)
        make_cpu_autoscaler(self, frontend, config.frontend, target=frontend_pods)
        make_queue_autoscaler(self, worker, depends_on=[scaler, worker_pods])
        for component in (worker, api, frontend):
            make_disruption_budget(self, component, depends_on=[pipeline])
            keep_deployed_image(self, component)
        if frames:
            frames_account = make_service_account(
                self, "frames", self.names.frames_account, role_arn=core.frames_role_arn, depends_on=[pipeline]
            )
            frames_pods = make_deployment(self, frames, depends_on=[frames_account, logs, entrance])
            make_cpu_autoscaler(self, frames, config.frames, target=frames_pods)
            make_disruption_budget(self, frames, depends_on=[pipeline])
        address = f"https://{self.names.host}" if config.certificate else f"http://{host_of(entrance)}"
        publish(self, WorkloadsOutputs(dashboard_url=address))
