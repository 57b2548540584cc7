"""Logs of all pods: Fargate's own router reads one ConfigMap and writes to CloudWatch.

It covers pods that start after it exists. Its text must stay under 5,300 characters.
https://docs.aws.amazon.com/eks/latest/userguide/fargate-logging.html
"""

from collections.abc import Sequence

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_kubernetes.config_map_v1 import ConfigMapV1, ConfigMapV1Metadata

from stacks.engine.stack import PipelineStack
from stacks.naming import LOGGING_NAMESPACE
from stacks.workloads.interpolation import escape_interpolation

_PARSERS = r"""[PARSER]
    Name cri
    Format regex
    Regex ^(?<time>[^ ]+) (?<stream>stdout|stderr) (?<logtag>[^ ]*) (?<log>.*)$
    Time_Key time
    Time_Format %Y-%m-%dT%H:%M:%S.%L%z
"""

_FILTERS = """[FILTER]
    Name parser
    Match *
    Key_Name log
    Parser cri
[FILTER]
    Name kubernetes
    Match kube.*
    Merge_Log On
    Keep_Log Off
    Annotations Off
    Buffer_Size 0
    Kube_Meta_Cache_TTL 300s
"""
"""The services write a JSON object a line: `Merge_Log` makes its keys the record's, where metric filters find them."""


def make_pod_logs(stack: PipelineStack, *, depends_on: Sequence[ITerraformDependable]) -> ConfigMapV1:
    data = {
        # The router's own log, which costs as much as ours.
        "flb_log_cw": "false",
        "parsers.conf": _PARSERS,
        "filters.conf": _FILTERS,
        "output.conf": _output(region=stack.config.region, log_group=stack.names.pods_log_group),
    }
    return ConfigMapV1(
        stack,
        "pod-logs",
        metadata=ConfigMapV1Metadata(name="aws-logging", namespace=LOGGING_NAMESPACE),
        data={key: escape_interpolation(text) for key, text in data.items()},
        depends_on=depends_on,
    )


def _output(*, region: str, log_group: str) -> str:
    """The core stack makes the group, with its retention."""
    return f"""[OUTPUT]
    Name cloudwatch_logs
    Match kube.*
    region {region}
    log_group_name {log_group}
    log_stream_prefix fargate-
    auto_create_group false
"""
