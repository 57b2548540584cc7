"""The base of all stacks: state in S3, providers, versions."""

from cdktf import Fn, S3Backend, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags
from cdktf_cdktf_provider_helm.provider import HelmProvider, HelmProviderKubernetes, HelmProviderKubernetesExec
from cdktf_cdktf_provider_kubernetes.provider import KubernetesProvider, KubernetesProviderExec
from constructs import Construct

from stacks.config.model import PipelineConfig
from stacks.naming import Names, resource_tags

TERRAFORM_VERSION = ">= 1.11.0"
"""1.10 brought lock files in S3, 1.11 write-only arguments: https://developer.hashicorp.com/terraform/language/v1.11.x"""

_EXEC_API = "client.authentication.k8s.io/v1beta1"


class PipelineStack(TerraformStack):
    """A stack of an instance: its state lies in S3 under its own key, with a lock file beside it."""

    def __init__(self, scope: Construct, stack_id: str, config: PipelineConfig) -> None:
        # jsii takes plain text, not a StackId.
        super().__init__(scope, str(stack_id))
        self.stack_id = str(stack_id)
        self.config = config
        self.names = Names(config)
        self.add_override("terraform.required_version", TERRAFORM_VERSION)
        backend = S3Backend(
            self,
            bucket=self.names.state_bucket,
            key=self.names.state_key(stack_id),
            region=config.region,
            encrypt=True,
        )
        # 0.21 has no argument for it, and DynamoDB locks are deprecated.
        backend.add_override("use_lockfile", True)  # noqa: FBT003 - the value of a setting
        AwsProvider(
            self,
            "aws",
            region=config.region,
            allowed_account_ids=[config.account_id],
            default_tags=[AwsProviderDefaultTags(tags=resource_tags(config, stack_id))],
        )

    def connect_to_cluster(self, *, name: str, endpoint: str, ca_data: str) -> None:
        """Kubernetes and Helm providers for a cluster that another stack has made.

        A token from `aws eks get-token` is asked for when it is needed: one in a plan is good for 15 minutes only.
        """
        ca_certificate = Fn.base64decode(ca_data)
        arguments = ["eks", "get-token", "--cluster-name", name, "--region", self.config.region]
        KubernetesProvider(
            self,
            "kubernetes",
            host=endpoint,
            cluster_ca_certificate=ca_certificate,
            exec=[KubernetesProviderExec(api_version=_EXEC_API, command="aws", args=arguments)],
        )
        HelmProvider(
            self,
            "helm",
            kubernetes=HelmProviderKubernetes(
                host=endpoint,
                cluster_ca_certificate=ca_certificate,
                exec=HelmProviderKubernetesExec(api_version=_EXEC_API, command="aws", args=arguments),
            ),
        )
