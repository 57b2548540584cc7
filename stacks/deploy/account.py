"""Prerequisites in the AWS account: credentials for it, quota, images, the state's bucket."""

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from stacks.config.derived import videos_bucket_name
from stacks.config.files import load_instance
from stacks.config.model import PipelineConfig
from stacks.cost.capacity import largest_fit
from stacks.deploy.errors import PrerequisiteError
from stacks.deploy.instance import Instance
from stacks.naming import SERVICES, Names

if TYPE_CHECKING:
    from boto3 import Session

FARGATE_VCPU_QUOTA = "L-3032A538"
"""Fargate On-Demand vCPU resource count. A new account starts with 6."""

_MISSING_BUCKET = ("404", "NoSuchBucket", "NotFound")


def error_code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def check_credentials(instance: Instance) -> None:
    """Raise PrerequisiteError if there are no valid credentials, or those of another account."""
    try:
        identity = instance.session.client("sts").get_caller_identity()
    except NoCredentialsError:
        raise PrerequisiteError(
            "There are no AWS credentials: log in (`aws sso login`), or set AWS_PROFILE to a profile that has them."
        ) from None
    except (ClientError, BotoCoreError) as error:
        raise PrerequisiteError(f"The AWS credentials are not accepted ({error}): log in again.") from None
    account = instance.config.account_id
    if identity["Account"] != account:
        raise PrerequisiteError(
            f"The credentials are those of account {identity['Account']} ({identity['Arn']}), and "
            f"{instance.config_file} says account_id = {account!r}: use that account's credentials, or fix account_id."
        )


def check_fargate_quota(session: "Session", config: PipelineConfig, *, needed_vcpus: float) -> str | None:
    """Return a note for the user if the quota cannot be read, None if it suffices.

    Raises:
        PrerequisiteError: the quota is lower than what the config needs at most.
    """
    quotas = session.client("service-quotas")
    try:
        quota = quotas.get_service_quota(ServiceCode="fargate", QuotaCode=FARGATE_VCPU_QUOTA)["Quota"]["Value"]
    except (ClientError, BotoCoreError) as error:
        return (
            f"The Fargate quota {FARGATE_VCPU_QUOTA} could not be read ({error}); this config needs {needed_vcpus:g} "
            "vCPUs at most."
        )
    if quota >= needed_vcpus:
        return None
    lower = largest_fit(config, quota)
    instead = f"set {', '.join(f'{name} = {value}' for name, value in lower.items())}, or " if lower else ""
    raise PrerequisiteError(
        f"This config needs {needed_vcpus:g} Fargate vCPUs at most and the quota in {config.region} is {quota:g}: "
        f"{instead}ask for more (`aws service-quotas request-service-quota-increase --service-code fargate "
        f"--quota-code {FARGATE_VCPU_QUOTA} --desired-value {math.ceil(needed_vcpus)} --region {config.region}`)."
    )


def missing_images(session: "Session", config: PipelineConfig, services: Iterable[str] = SERVICES) -> list[str]:
    """Return the services whose image is not in ECR at the config's tag.

    Raises:
        PrerequisiteError: ECR cannot be asked.
    """
    ecr = session.client("ecr")
    missing = []
    for service in services:
        repository = Names(config).repository(service)
        try:
            ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": config.image_tag}])
        except (ecr.exceptions.ImageNotFoundException, ecr.exceptions.RepositoryNotFoundException):
            missing.append(service)
        except (ClientError, BotoCoreError) as error:
            raise PrerequisiteError(f"The images in {repository} could not be looked up: {error}.") from None
    return missing


def check_images(session: "Session", config: PipelineConfig) -> None:
    """Raise PrerequisiteError if an image is absent."""
    missing = missing_images(session, config)
    if missing:
        raise PrerequisiteError(
            f"ECR has no image {config.image_tag} of {', '.join(missing)}: run `./noxw images --tag "
            f"{config.image_tag}`, or set image_tag to a tag that is there."
        )


def check_repository_secrets(instance: Instance, environment: Mapping[str, str]) -> None:
    """Compare the workflows' ECR_BASE_WORKER, ECR_BASE_API and ECR_BASE_FRONTEND with the config's repositories.

    Raises:
        PrerequisiteError: one of them names another repository than the config does.
    """
    for service in SERVICES:
        variable = f"ECR_BASE_{service.upper()}"
        said, ours = environment.get(variable, ""), instance.names.image(service).rpartition(":")[0]
        if said and said != ours:
            raise PrerequisiteError(
                f"{variable} is {said!r}, and by {instance.config_file} the repository is {ours!r}: fix the secret or "
                "remove it."
            )


def check_bucket_secret(file: Path, environment: Mapping[str, str]) -> None:
    """Compare the workflows' S3_BUCKET_NAME with the bucket that the config file names.

    The policies of bootstrap name the bucket, and bootstrap is deployed from a laptop, where the secret is not set.

    Raises:
        PrerequisiteError: the secret names another bucket.
    """
    said = environment.get("S3_BUCKET_NAME", "")
    others = {name: value for name, value in environment.items() if name != "S3_BUCKET_NAME"}
    ours = videos_bucket_name(load_instance(file, others))
    if said and said != ours:
        raise PrerequisiteError(
            f"S3_BUCKET_NAME is {said!r}, and by {file.name} the bucket is {ours!r}, which the rights of the deploy "
            f"role name: set bucket_name = {said!r} under [storage] and run `./noxw deploy bootstrap`, or remove the "
            "secret."
        )


def repositories_with_images(session: "Session", config: PipelineConfig) -> list[str]:
    ecr = session.client("ecr")
    full = []
    for service in SERVICES:
        repository = Names(config).repository(service)
        try:
            if ecr.list_images(repositoryName=repository, maxResults=1)["imageIds"]:
                full.append(repository)
        except ecr.exceptions.RepositoryNotFoundException:
            continue
    return full


def has_state_bucket(session: "Session", config: PipelineConfig) -> bool:
    """Return whether the state's bucket exists.

    Raises:
        PrerequisiteError: it exists and is not ours, or cannot be asked for.
    """
    bucket = Names(config).state_bucket
    try:
        session.client("s3").head_bucket(Bucket=bucket, ExpectedBucketOwner=config.account_id)
    except ClientError as error:
        if error_code(error) in _MISSING_BUCKET:
            return False
        raise PrerequisiteError(
            f"The state's bucket {bucket} is not open to these credentials ({error}): if another account has that "
            "name, set state_bucket to one of your own."
        ) from None
    except BotoCoreError as error:
        raise PrerequisiteError(f"The state's bucket {bucket} could not be looked up: {error}.") from None
    return True


def check_state_bucket(session: "Session", config: PipelineConfig) -> None:
    """Raise PrerequisiteError if the state's bucket is absent."""
    if not has_state_bucket(session, config):
        raise PrerequisiteError(
            f"The state's bucket {Names(config).state_bucket} does not exist: run `./noxw deploy bootstrap` first."
        )


def make_state_bucket(session: "Session", config: PipelineConfig) -> None:
    """Make the bucket of Terraform's state, the only resource that Terraform cannot make for itself.

    Closed and versioned from the start; the bootstrap stack holds its settings from then on.

    Raises:
        PrerequisiteError: AWS refuses.
    """
    bucket = Names(config).state_bucket
    s3 = session.client("s3")
    try:
        if config.region == "us-east-1":  # which takes no constraint of its own name
            s3.create_bucket(Bucket=bucket)
        else:
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": config.region})  # type: ignore[typeddict-item]  # the config's pattern knows more regions than the stubs
        s3.put_public_access_block(
            Bucket=bucket,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "IgnorePublicAcls": True,
                "BlockPublicPolicy": True,
                "RestrictPublicBuckets": True,
            },
        )
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    except (ClientError, BotoCoreError) as error:
        raise PrerequisiteError(f"The state's bucket {bucket} could not be made: {error}.") from None
