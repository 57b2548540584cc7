"""Outputs of the core stack."""

from dataclasses import dataclass

from stacks.engine.outputs import output


@dataclass(frozen=True, kw_only=True)
class CoreOutputs:
    cluster_name: str = output("Name of the EKS cluster.")
    cluster_endpoint: str = output("HTTPS address of the cluster's API.")
    cluster_ca_data: str = output("Certificate authority of the cluster, in base64.")
    oidc_provider_arn: str = output("IAM OIDC provider of the cluster's service accounts.")
    oidc_issuer: str = output("Issuer of the cluster's tokens, without https://.")
    vpc_id: str = output("VPC of the cluster.")
    public_subnet_ids: list[str] = output("Subnets of the load balancer, one a zone.")
    private_subnet_ids: list[str] = output("Subnets of the pods, one a zone.")
    queue_name: str = output("Queue that S3 notifies.")
    queue_url: str = output("Its URL.")
    queue_arn: str = output("Its ARN.")
    dead_letter_queue_name: str = output("Dead-letter queue behind it.")
    dead_letter_queue_url: str = output("Its URL.")
    dead_letter_queue_arn: str = output("Its ARN.")
    bucket_name: str = output("Bucket with videos and thumbnails.")
    test_source_bucket_name: str = output("Bucket with the videos of Test Pipeline.")
    table_name: str = output("Table with one record a video.")
    event_bus_arn: str = output("Bus in EventBridge with the events about videos; empty unless it is enabled.")
    api_token_secret_arn: str = output("Secret with the api's token.")
    worker_role_arn: str = output("Role of the worker's service account.")
    api_role_arn: str = output("Role of the api's service account.")
    frames_role_arn: str = output("Role of the frames service's account; empty unless it is enabled.")
    keda_operator_role_arn: str = output("Role of KEDA's operator.")
    load_balancer_controller_role_arn: str = output("Role of the AWS Load Balancer Controller.")
    collector_role_arn: str = output("Role of the ADOT collector.")
    pods_log_group: str = output("Log group of all pods on Fargate.")
    insights_log_group: str = output("Log group of Container Insights.")
