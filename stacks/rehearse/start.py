"""Everything that a rehearsal needs before it starts: tools, providers, the stacks, what each leaves out."""

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stacks.config.files import CONFIG_VARIABLE
from stacks.config.load import load_config
from stacks.config.model import PipelineConfig
from stacks.deploy import tools
from stacks.naming import Names, StackId
from stacks.rehearse.cluster.api import ClusterError, Found, find_cluster
from stacks.rehearse.cluster.objects import delete_objects, deployed_objects, take_cluster
from stacks.rehearse.errors import RehearsalError
from stacks.rehearse.project.copies import OVERRIDES, RehearsalSettings, change_document
from stacks.rehearse.project.documents import RequestTarget, pinned_provider, reduce_schemas, resource_types
from stacks.rehearse.project.statements import leave_out_statement
from stacks.rehearse.providers import MirroredProvider, find_provider_mirrors, write_cli_config
from stacks.terraform.errors import TerraformError
from stacks.terraform.setup import synthesize

AWS = "hashicorp/aws"
ANY = "any"
"""Value of --aws-provider: the newest version in the mirrors of this machine."""


@dataclass(frozen=True, kw_only=True)
class RehearsalOptions:
    project: Path
    config: Path
    """File of the instance's config."""
    stacks: tuple[str, ...] = ()
    """Stacks to rehearse; all that can be, if empty."""
    keep: bool = False
    aws_provider: str | None = None
    kubeconfig: Path | None = None
    without_statement: str | None = None
    """Sid of a statement that is taken out of the policies: the rehearsal must then fail."""


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """A rehearsal that can start."""

    options: RehearsalOptions
    config: PipelineConfig
    place: RehearsalSettings
    documents: Mapping[str, Mapping[str, Any]]
    """Synthesized stacks, as they would be deployed."""
    stacks: tuple[str, ...]
    left_out: Mapping[str, str]
    """Reason of each stack that is not rehearsed."""
    pinned: str
    provider: str
    """Version of the AWS provider."""
    terraform: str
    unknown: tuple[str, ...]
    """Arguments that this version of the provider does not know."""
    weakened: tuple[str, ...]
    """Policies that lack the statement of `Options.without_statement`."""
    found: Found | None

    @property
    def names(self) -> Names:
        return Names(self.config)

    def leave_cluster(self) -> None:
        """Delete what a rehearsal that did not reach its end has left in the cluster."""
        if self.found:
            with contextlib.suppress(ClusterError):  # it has ended, or the next rehearsal does it
                delete_objects(self.found.api, deployed_objects(self.documents))


def prepare(options: RehearsalOptions, folder: Path) -> Rehearsal:
    """Check tools and providers, synthesize the stacks, and choose those that can be rehearsed.

    Raises: RehearsalError or PrerequisiteError, one sentence each, before anything is started.
    """
    tools.check_terraform()
    tools.check_node()
    found = find_cluster(options.kubeconfig) if options.kubeconfig else None
    config, overrides = _load(options.config)
    place = RehearsalSettings(folder=folder, account=config.account_id, region=config.region, overrides=overrides)
    documents = _synthesize(options, place)
    has_login = config.auth.mode == "oidc"
    stacks, left_out = choose_stacks(options.stacks, documents, has_cluster=found is not None, has_login=has_login)
    weakened: list[str] = []
    if options.without_statement:
        weakened = leave_out_statement(documents, options.without_statement)
        _write(documents, place)
    providers = find_provider_mirrors()
    write_cli_config(folder, providers)
    pinned = pinned_provider(documents[StackId.BOOTSTRAP])
    version = choose_version(options.aws_provider, pinned, providers)
    schemas = _read_schemas(place, version, providers, resource_types(documents))
    place.schemas.write_text(json.dumps(schemas), encoding="utf-8")
    if StackId.WORKLOADS not in stacks:
        found = None
    if found:
        tools.check_aws_cli()
        take_cluster(found.api, deployed_objects(documents))
    target = RequestTarget(endpoint="http://127.0.0.1:1", account=config.account_id)
    unknown: list[str] = []
    for stack in stacks:
        document = json.loads(json.dumps(documents[stack]))
        unknown += change_document(document, stack, target, provider=version, schemas=schemas)
    return Rehearsal(
        options=options,
        config=config,
        place=place,
        documents=documents,
        stacks=stacks,
        left_out=left_out,
        pinned=pinned,
        provider=version,
        terraform=_terraform_version(),
        unknown=tuple(sorted(set(unknown))),
        weakened=tuple(weakened),
        found=found,
    )


def find_obstacle() -> str | None:
    """Return what a rehearsal lacks on this machine; None if Terraform and an AWS provider are there."""
    binary = os.environ.get("TERRAFORM_BINARY_NAME") or "terraform"
    if shutil.which(binary) is None:
        return f"there is no `{binary}`"
    if not any(provider.source == AWS for provider in find_provider_mirrors()):
        return f"no plug-in mirror of this machine has the provider {AWS}"
    return None


def choose_stacks(
    asked: tuple[str, ...], documents: Mapping[str, Any], *, has_cluster: bool, has_login: bool = False
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the stacks in the order of their deployment, and the reason of each that is left out."""
    known = [*(stack for stack in StackId if stack in documents), *sorted(set(documents) - set(StackId))]
    if unknown := sorted(set(asked) - set(known)):
        raise RehearsalError(f"There is no stack {unknown[0]!r}: there are {', '.join(known)}.")
    left_out = {stack: "not asked for" for stack in known if asked and stack not in asked}
    for stack, reason in _impossible(has_cluster=has_cluster, has_login=has_login).items():
        if stack in asked:
            raise RehearsalError(f"The stack {stack} cannot be rehearsed: {reason}.")
        if stack in known:
            left_out[stack] = reason
    stacks = tuple(stack for stack in known if stack not in left_out)
    for stack, needed in ((StackId.WORKLOADS, StackId.CORE), (StackId.MONITORING, StackId.CORE)):
        if stack in stacks and needed not in stacks:
            raise RehearsalError(f"The stack {stack} needs {needed}: add it to --stacks.")
    return stacks, left_out


def _impossible(*, has_cluster: bool, has_login: bool) -> dict[str, str]:
    """Return the stacks that cannot be rehearsed, with the reasons."""
    if has_login:
        reason = "auth.mode is oidc: it needs a certificate, and a destroy needs mode token first"
        return dict.fromkeys((StackId.WORKLOADS, StackId.DNS), reason)
    return {} if has_cluster else {StackId.WORKLOADS: "it needs a cluster (--kubeconfig FILE)"}


def _load(file: Path) -> tuple[PipelineConfig, dict[str, str]]:
    """Return the config of a rehearsal, and the environment variables that it has over the instance's own."""
    overrides = dict(OVERRIDES)
    if load_config(file, os.environ).auth.mode == "oidc":
        overrides["PIPELINE_CERTIFICATE"] = "true"
    return load_config(file, {**os.environ, **overrides}), overrides


def choose_version(asked: str | None, pinned: str, providers: Sequence[MirroredProvider]) -> str:
    """Return the version of the AWS provider. Raises: RehearsalError if the asked one is in no mirror."""
    versions = [provider.version for provider in providers if provider.source == AWS]
    listed = f"the mirrors of this machine have {', '.join(versions) or 'none'}"
    if asked == ANY:
        if not versions:
            raise RehearsalError(f"There is no provider {AWS} to rehearse with: {listed}.")
        return pinned if pinned in versions else versions[0]
    if asked and asked != pinned and asked not in versions:
        raise RehearsalError(f"There is no provider {AWS} {asked}: {listed}.")
    return asked or pinned


def _synthesize(options: RehearsalOptions, place: RehearsalSettings) -> dict[str, Any]:
    outdir = place.synthesized
    environment = {**place.environment("http://127.0.0.1:1"), CONFIG_VARIABLE: str(options.config)}
    try:
        synthesize(options.project, outdir, environment)
    except TerraformError as error:
        raise RehearsalError(str(error)) from None
    files = sorted(outdir.glob("stacks/*/cdk.tf.json"))
    return {file.parent.name: json.loads(file.read_text(encoding="utf-8")) for file in files}


def _write(documents: Mapping[str, Any], place: RehearsalSettings) -> None:
    for stack, document in documents.items():
        file = place.synthesized / "stacks" / stack / "cdk.tf.json"
        file.write_text(json.dumps(document, indent=2), encoding="utf-8")


def _read_schemas(
    place: RehearsalSettings, version: str, providers: Sequence[MirroredProvider], types: set[str]
) -> Mapping[str, Any]:
    """Return what the provider says of these types. Raises: RehearsalError if Terraform cannot get the provider."""
    folder = place.folder / "provider"
    folder.mkdir()
    required = {"aws": {"source": AWS, "version": version}}
    document = {"terraform": {"required_providers": required}}
    (folder / "main.tf.json").write_text(json.dumps(document), encoding="utf-8")
    environment = place.environment("http://127.0.0.1:1")
    initialized = _terraform(folder, environment, "init", "-input=false", "-no-color")
    if initialized.returncode != 0:
        there = [provider.version for provider in providers if provider.source == AWS]
        other = f" Rehearse with one that is there: --aws-provider {there[0]}." if there else ""
        raise RehearsalError(
            f"Terraform cannot get the provider {AWS} {version}: it is in no plug-in mirror of this machine, and the "
            f"registry was not reached.{other}"
        )
    printed = _terraform(folder, environment, "providers", "schema", "-json")
    if printed.returncode != 0:
        raise RehearsalError(f"Terraform cannot read the schema of {AWS} {version}: {printed.stderr.strip()}")
    return reduce_schemas(json.loads(printed.stdout), types)


def _terraform_version() -> str:
    printed = _terraform(Path.cwd(), {**os.environ, "CHECKPOINT_DISABLE": "1"}, "version", "-json").stdout
    return str(json.loads(printed[printed.index("{") :])["terraform_version"])


def _terraform(folder: Path, environment: Mapping[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    binary = os.environ.get("TERRAFORM_BINARY_NAME") or "terraform"
    command = [binary, *arguments]
    return subprocess.run(  # noqa: S603 - our own arguments
        command,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
