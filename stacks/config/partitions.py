"""Partitions of AWS: groups of regions with accounts, ARNs and host names of their own. Pure."""


def partition_of(region: str) -> str:
    """Return the partition of a region: `aws`, `aws-us-gov` or `aws-cn`.

    https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
    """
    match region.split("-"):
        case ["cn", *_]:
            return "aws-cn"
        case ["us", "gov", *_]:
            return "aws-us-gov"
    return "aws"


def dns_suffix_of(region: str) -> str:
    """Return the domain of the region's endpoints: of S3, SQS, ECR, load balancers, and EKS' token issuers.

    Names of services in policies end in amazonaws.com everywhere, at least those that the stacks trust:
    https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/region-info/lib/default.ts
    """
    return "amazonaws.com.cn" if partition_of(region) == "aws-cn" else "amazonaws.com"
