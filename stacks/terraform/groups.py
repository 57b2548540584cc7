"""Groups of resources as a person thinks of them: the network, the cluster, the queues."""

_TITLES = {
    "aws_cloudwatch_dashboard": "dashboard",
    "aws_cloudwatch_event": "event bus",
    "aws_cloudwatch_log": "logs",
    "aws_cloudwatch_metric_alarm": "alarms",
    "aws_acm": "certificate",
    "aws_default_security_group": "network",
    "aws_dynamodb": "table",
    "aws_ecr": "image repositories",
    "aws_eip": "network",
    "aws_eks": "cluster",
    "aws_flow_log": "network",
    "aws_iam": "roles and policies",
    "aws_internet_gateway": "network",
    "aws_kms": "keys",
    "aws_nat_gateway": "network",
    "aws_network": "network",
    "aws_route53": "domain",
    "aws_route": "network",
    "aws_s3": "buckets",
    "aws_secretsmanager": "secrets",
    "aws_security_group": "network",
    "aws_sns": "alarm e-mail",
    "aws_sqs": "queues",
    "aws_subnet": "network",
    "aws_vpc": "network",
    "helm_release": "charts",
    "kubernetes_cluster_role": "cluster access",
    "kubernetes_ingress": "load balancer",
    "kubernetes_namespace": "namespaces",
    "kubernetes_role": "cluster access",
    "kubernetes_service_account": "cluster access",
    "kubernetes": "pods",
    "terraform_data": "data",
}
"""Title of a group by the beginning of a resource type; the longest beginning counts."""


def group_of(resource_type: str) -> str:
    """Return the title of a resource's group; the AWS service for types of a team's own stacks."""
    parts = resource_type.split("_")
    for length in range(len(parts), 0, -1):
        title = _TITLES.get("_".join(parts[:length]))
        if title:
            return title
    return parts[1] if len(parts) > 1 else resource_type
