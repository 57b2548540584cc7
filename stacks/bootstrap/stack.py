"""The bootstrap stack: what every build and deployment needs first. An administrator applies it.

It has the repositories of the images, and the trust in GitHub's tokens with one role each to build, deploy and plan.
It has the boundary of all other roles, and the settings of the state bucket. The bucket itself exists before: a stack
cannot keep its state in a bucket that it creates.
"""

from typing import TYPE_CHECKING

from cdktf_cdktf_provider_aws.ecr_repository import (
    EcrRepository,
    EcrRepositoryEncryptionConfiguration,
    EcrRepositoryImageScanningConfiguration,
)
from cdktf_cdktf_provider_aws.iam_openid_connect_provider import IamOpenidConnectProvider
from cdktf_cdktf_provider_aws.iam_policy import IamPolicy
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment

from stacks.bootstrap.boundary import boundary_statements
from stacks.bootstrap.deploy_rights import deploy_rights
from stacks.bootstrap.outputs import BootstrapOutputs
from stacks.bootstrap.plan_rights import plan_rights
from stacks.engine.buckets import Lifecycle, secure_bucket
from stacks.engine.outputs import publish
from stacks.engine.policy import Statement, policy_document
from stacks.engine.stack import PipelineStack
from stacks.naming import GITHUB_ISSUER, SERVICES, STS_AUDIENCE, StackId

if TYPE_CHECKING:
    from constructs import Construct

    from stacks.config.model import PipelineConfig

_LONGEST_SESSION_S = 7200
"""The longest job, `terraform-destroy.yml`, may take 90 minutes; AWS' default is one hour."""
_STATE_NONCURRENT_DAYS = 365

PLAN_ENVIRONMENT = "plan"
"""GitHub environment in which `plan.yml` plans pull requests."""


class BootstrapStack(PipelineStack):
    def __init__(self, scope: "Construct", config: "PipelineConfig") -> None:
        super().__init__(scope, StackId.BOOTSTRAP, config)
        secure_bucket(
            self, "state", self.names.state_bucket, lifecycle=Lifecycle(noncurrent_days=_STATE_NONCURRENT_DAYS)
        )
        repositories = {service: self._repository(service) for service in SERVICES}
        boundary_policy = IamPolicy(
            self,
            "boundary",
            name=self.names.of("boundary"),
            description=f"What roles of {config.name} can be given at most.",
            policy=policy_document(*boundary_statements(self.names)),
        )
        boundary_policy.override_logical_id("boundary")
        if not config.github.oidc_provider_exists:
            IamOpenidConnectProvider(self, "github", url=f"https://{GITHUB_ISSUER}", client_id_list=[STS_AUDIENCE])
        branch = f"repo:{config.repository}:ref:refs/heads/{config.github.branch}"
        environment = f"repo:{config.repository}:environment:"
        build = self._github_role("build", branch)
        deploy = self._github_role("deploy", f"{environment}{config.github.environment}")
        plan = self._github_role("plan", branch, f"{environment}{PLAN_ENVIRONMENT}")
        IamRolePolicy(
            self,
            "build-rights",
            name=self.names.of("build"),
            role=build.name,
            policy=policy_document(*self._push_rights()),
        )
        for part, statements in deploy_rights(self.names).items():
            policy = IamPolicy(
                self, f"deploy-{part}", name=self.names.of(f"deploy-{part}"), policy=policy_document(*statements)
            )
            IamRolePolicyAttachment(self, f"deploy-{part}-rights", role=deploy.name, policy_arn=policy.arn)
        plan_policy = IamPolicy(
            self, "plan-rights", name=self.names.of("plan"), policy=policy_document(*plan_rights(self.names))
        )
        IamRolePolicyAttachment(self, "plan", role=plan.name, policy_arn=plan_policy.arn)
        publish(
            self,
            BootstrapOutputs(
                build_role_arn=build.arn,
                deploy_role_arn=deploy.arn,
                plan_role_arn=plan.arn,
                worker_repository_url=repositories["worker"].repository_url,
                api_repository_url=repositories["api"].repository_url,
                frontend_repository_url=repositories["frontend"].repository_url,
                state_bucket_name=self.names.state_bucket,
            ),
        )

    def _repository(self, service: str) -> EcrRepository:
        repository = EcrRepository(
            self,
            f"{service}-repository",
            name=self.names.repository(service),
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration=EcrRepositoryImageScanningConfiguration(scan_on_push=True),
            encryption_configuration=[EcrRepositoryEncryptionConfiguration(encryption_type="AES256")],
        )
        repository.override_logical_id(f"{service}-repository")
        return repository

    def _github_role(self, part: str, *subjects: str) -> IamRole:
        """Make a role that GitHub's workflows assume if their token has one of the subjects.

        https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws
        """
        trusted = subjects[0] if len(subjects) == 1 else list(subjects)
        trust = Statement(
            sid="AssumedByWorkflow",
            actions=["sts:AssumeRoleWithWebIdentity"],
            principals={"Federated": self.names.github_provider_arn},
            conditions={"StringEquals": {f"{GITHUB_ISSUER}:aud": STS_AUDIENCE, f"{GITHUB_ISSUER}:sub": trusted}},
        )
        return IamRole(
            self,
            f"{part}-role",
            name=self.names.of(part),
            assume_role_policy=policy_document(trust),
            max_session_duration=_LONGEST_SESSION_S,
            permissions_boundary=self.config.iam.permissions_boundary_arn,
        )

    def _push_rights(self) -> list[Statement]:
        return [
            # It names no resource: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
            Statement(sid="LogIn", actions=["ecr:GetAuthorizationToken"], resources=["*"]),
            Statement(
                sid="Push",
                actions=[
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:BatchGetImage",
                    "ecr:CompleteLayerUpload",
                    "ecr:DescribeImages",
                    "ecr:GetDownloadUrlForLayer",
                    "ecr:InitiateLayerUpload",
                    "ecr:PutImage",
                    "ecr:UploadLayerPart",
                ],
                resources=[self.names.arn("ecr", f"repository/{self.names.repository(name)}") for name in SERVICES],
            ),
        ]
