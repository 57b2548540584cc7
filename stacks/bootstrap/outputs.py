"""Outputs of the bootstrap stack."""

from dataclasses import dataclass

from stacks.engine.outputs import output


@dataclass(frozen=True, kw_only=True)
class BootstrapOutputs:
    build_role_arn: str = output("Role of the workflow that builds images.")
    deploy_role_arn: str = output("Role of the workflows that deploy: the secret AWS_ROLE_ARN.")
    plan_role_arn: str = output("Role of the workflows that plan: the variable AWS_PLAN_ROLE_ARN.")
    worker_repository_url: str = output("Repository of the worker's images: the secret ECR_BASE_WORKER.")
    api_repository_url: str = output("Repository of the api's images: the secret ECR_BASE_API.")
    frontend_repository_url: str = output("Repository of the dashboard's images: the secret ECR_BASE_FRONTEND.")
    state_bucket_name: str = output("Bucket of Terraform's state.")
