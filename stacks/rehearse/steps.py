"""The steps of a rehearsal, in order: a start, b deploy, c plan again, d process a video, e destroy, f rights."""

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from services.local.embedded_aws.handle import EmbeddedAws, EmbeddedAwsError
from stacks.deploy.account import make_state_bucket
from stacks.naming import StackId
from stacks.rehearse.account import Before, check_account, make_account
from stacks.rehearse.cluster import objects
from stacks.rehearse.cluster.controller import stand_in_for_controller
from stacks.rehearse.emulated import stand_ins
from stacks.rehearse.emulated.existing import encrypted_buckets
from stacks.rehearse.emulated.proxy import Proxy, run_proxy
from stacks.rehearse.emulated.stand_ins import EmulatedLoadBalancer
from stacks.rehearse.emulated.supplement import Supplement
from stacks.rehearse.errors import RehearsalError
from stacks.rehearse.parallel import run_in_order
from stacks.rehearse.pipeline import video
from stacks.rehearse.processes import Processes
from stacks.rehearse.project.copies import copy_folders, copy_project
from stacks.rehearse.project.differences import check_plan
from stacks.rehearse.project.documents import RequestTarget
from stacks.rehearse.report import Report
from stacks.rehearse.requests import read_requests
from stacks.rehearse.rights_check import check_rights
from stacks.rehearse.start import Rehearsal

_PLAN = "rehearsal.tfplan"
_CHANGES = 2
"""Status of `terraform plan -detailed-exitcode` if the plan has changes."""
_LAST_LINES = 30
_PLAN_AGAIN, _VIDEO = "plan again", "video"


@dataclass(frozen=True, kw_only=True)
class RunningRehearsal:
    """A rehearsal that runs, with its emulated AWS."""

    rehearsal: Rehearsal
    report: Report
    processes: Processes
    proxy: Proxy
    requests: Path
    account: Before
    cluster: Mapping[str, objects.ClusterObject]
    """Objects of the cluster before the deployment."""

    @property
    def session(self) -> "boto3.Session":
        """Return a new session on the emulated AWS itself, whose requests are not recorded.

        Threads must not share one: https://boto3.amazonaws.com/v1/documentation/api/latest/guide/session.html
        """
        return boto3.Session()


def run_steps(rehearsal: Rehearsal, report: Report, processes: Processes) -> None:
    """Run all steps. Raises: RehearsalError at the first that fails."""
    with _started(rehearsal, report, processes) as stage:
        _deploy_and_check(stage)
        _destroy_all(stage)
        with report.step("f", "compare every request with the policies") as result:
            result.details += check_rights(
                stage.requests,
                rehearsal.place.synthesized,
                project=rehearsal.options.project,
                encrypted=encrypted_buckets(stage.rehearsal.config),
                facts=report.facts,
            )


@contextmanager
def _started(rehearsal: Rehearsal, report: Report, processes: Processes) -> Iterator[RunningRehearsal]:
    """Run the emulated AWS with the proxy in front of it, and make a copy of the project for each stack."""
    place, names = rehearsal.place, rehearsal.names
    requests = place.folder / "requests.jsonl"
    supplement = Supplement(
        region=place.region,
        arn=lambda resource: names.arn("eks", resource),
        callers={"deploy": names.arn("sts", f"assumed-role/{names.of('deploy')}/rehearsal", region="")},
        cluster=rehearsal.found.cluster if rehearsal.found else None,
    )
    with contextlib.ExitStack() as stack:
        with report.step("a", "start the embedded AWS"):
            aws = _start_aws(place.folder / "aws", account=place.account, region=place.region)
            stack.enter_context(aws)
            proxy = stack.enter_context(run_proxy(aws.endpoint, requests, supplement))
            # From here on nothing of this process can reach real AWS either.
            os.environ.update(place.environment(aws.endpoint))
            rehearsal, account = make_account(rehearsal, boto3.Session())
            stage = RunningRehearsal(
                rehearsal=rehearsal,
                report=report,
                processes=processes,
                proxy=proxy,
                requests=requests,
                account=account,
                cluster=objects.list_objects(rehearsal.found.api) if rehearsal.found else {},
            )
            for name in rehearsal.stacks:
                kubeconfig = str(rehearsal.found.kubeconfig) if rehearsal.found else None
                target = RequestTarget(endpoint=_endpoint(stage, name), account=place.account, kubeconfig=kubeconfig)
                options, provider = rehearsal.options, rehearsal.provider
                copy = copy_project(options.config, rehearsal.place, name, target=target, provider=provider)
                copy_folders(options.project, copy)
        yield stage


def _start_aws(data: Path, *, account: str, region: str) -> EmbeddedAws:
    try:
        return EmbeddedAws.start(data, account=account, region=region)
    except EmbeddedAwsError as error:
        raise RehearsalError(str(error)) from None


def _deploy_and_check(stage: RunningRehearsal) -> None:
    """Deploy every stack and plan it again; process a video meanwhile, which changes nothing that a plan compares."""
    rehearsal = stage.rehearsal
    if StackId.BOOTSTRAP not in rehearsal.stacks:
        make_state_bucket(stage.session, rehearsal.config)
    after: dict[str, Collection[str]] = {**deployment_order(rehearsal.stacks), _PLAN_AGAIN: rehearsal.stacks}
    if StackId.CORE in rehearsal.stacks:
        after[_VIDEO] = {StackId.CORE}
    steps = {_PLAN_AGAIN: _plan_all_again, _VIDEO: _process_video}

    def run(item: str) -> None:
        if item in steps:
            steps[item](stage)
        else:
            _deploy(stage, item)

    run_in_order(after, run)


def _destroy_all(stage: RunningRehearsal) -> None:
    rehearsal, names = stage.rehearsal, stage.rehearsal.names
    after = deployment_order(rehearsal.stacks)
    before = {stack: {one for one, needed in after.items() if stack in needed} for stack in after}
    with stage.report.step("e", "destroy every stack and look for resources that are left") as result:
        run_in_order(before, lambda stack: _destroy(stage, stack))
        result.details += check_account(rehearsal, stage.session, stage.account, read_requests(stage.requests))
        other = "other " if result.details else ""
        result.details.append(f"no {other}resource with the name or the tag of {names.config.name} is left")
        if found := rehearsal.found:
            left, kept = objects.list_remains(found.api, stage.cluster)
            if left:
                raise RehearsalError(f"After the destroy the cluster still has: {', '.join(left)}.")
            result.details.append(
                f"the cluster has no new object but {len(kept)} definitions, which Helm never deletes"
            )


def deployment_order(stacks: Sequence[str]) -> dict[str, set[str]]:
    """Return each stack with those that it is deployed after; a destroy goes the other way.

    `deploy all` has one order of these: a person reads its plans one after the other.
    """
    ours = set(StackId)
    after: dict[str, set[str]] = {
        StackId.BOOTSTRAP: set(),
        StackId.CORE: {StackId.BOOTSTRAP},
        StackId.DNS: {StackId.BOOTSTRAP},
        StackId.WORKLOADS: {StackId.BOOTSTRAP, StackId.CORE, StackId.DNS},
        StackId.MONITORING: {StackId.BOOTSTRAP, StackId.CORE, StackId.WORKLOADS},
    }
    team = [stack for stack in stacks if stack not in ours]
    # The team's own come last, one after the other.
    after |= {stack: {*ours, *team[:index]} for index, stack in enumerate(team)}
    return {stack: after[stack] & set(stacks) for stack in stacks}


@contextmanager
def _controller(stage: RunningRehearsal, stack: str) -> Iterator[None]:
    """Stand in for the load balancer's controller while workloads is deployed or destroyed."""
    found = stage.rehearsal.found
    if stack != StackId.WORKLOADS or found is None:
        yield
        return
    with stand_in_for_controller(found.api, stage.rehearsal.names.namespace, _balancer(stage)):
        yield


def _balancer(stage: RunningRehearsal) -> EmulatedLoadBalancer:
    return EmulatedLoadBalancer(
        stage.session, stage.rehearsal.names, tuple(_outputs(stage, StackId.CORE)["public_subnet_ids"])
    )


def _deploy(stage: RunningRehearsal, stack: str) -> None:
    rehearsal, names = stage.rehearsal, stage.rehearsal.names
    if stack == StackId.MONITORING and StackId.WORKLOADS not in rehearsal.stacks:
        _balancer(stage).make()
    with stage.report.step("b", f"deploy {stack}"), _controller(stage, stack):
        step = ("--step", "1") if stack == StackId.DNS else ()
        _run_deploy(stage, "deploy", stack, *step, "--yes")
    if stack == StackId.BOOTSTRAP:
        stand_ins.push_images(stage.session, names)


def _destroy(stage: RunningRehearsal, stack: str) -> None:
    rehearsal, names = stage.rehearsal, stage.rehearsal.names
    if stack == StackId.BOOTSTRAP:
        stand_ins.delete_images(stage.session, names)
    stage.report.line(f"     destroying {stack}")
    with _controller(stage, stack):
        _run_deploy(stage, "destroy", stack, "--yes", "--name", rehearsal.config.name, "--empty-buckets")
    if stack == StackId.MONITORING and StackId.WORKLOADS not in rehearsal.stacks:
        _balancer(stage).delete()


def _run_deploy(stage: RunningRehearsal, verb: str, stack: str, *arguments: str) -> None:
    """Run a command of `stacks.deploy`, as `./noxw deploy` and `./noxw destroy` do."""
    copy, log = stage.rehearsal.place.project(stack), f"{verb}-{stack}"
    command = [sys.executable, "-m", "stacks.deploy", "--project", str(copy), verb, stack, *arguments]
    environment = stage.rehearsal.place.environment(_endpoint(stage, stack))
    if stage.processes.run(command, cwd=copy, environment=environment, log=log) != 0:
        last = stage.processes.read(log).strip().splitlines()[-_LAST_LINES:]
        raise RehearsalError("\n".join([f"`{verb} {stack}` failed:", *last]))


def _plan_all_again(stage: RunningRehearsal) -> None:
    with stage.report.step("c", "plan every stack again") as result:
        run_in_order(
            dict.fromkeys(stage.rehearsal.stacks, ()), lambda stack: result.details.extend(_plan_again(stage, stack))
        )


def _process_video(stage: RunningRehearsal) -> None:
    with stage.report.step("d", "process a video with the environment of the Deployments") as result:
        outputs = _outputs(stage, StackId.CORE)
        result.details += video.process_video(stage.rehearsal, stage.processes, stage.proxy, stage.session, outputs)


def _plan_again(stage: RunningRehearsal, stack: str) -> list[str]:
    folder = stage.rehearsal.place.project(stack) / "cdktf.out" / "stacks" / stack
    environment = stage.rehearsal.place.environment(_endpoint(stage, stack))
    binary = shutil.which(environment.get("TERRAFORM_BINARY_NAME") or "terraform") or "terraform"
    command = [binary, "plan", "-detailed-exitcode", "-input=false", "-no-color", f"-out={_PLAN}"]
    log = f"plan-{stack}"
    status = stage.processes.run(command, cwd=folder, environment=environment, log=log)
    if status not in (0, _CHANGES):
        last = stage.processes.read(log).strip().splitlines()[-_LAST_LINES:]
        raise RehearsalError("\n".join([f"A second plan of {stack} failed:", *last]))
    explained: list[str] = []
    if status == _CHANGES:
        shown = f"show-{stack}"
        stage.processes.run([binary, "show", "-json", _PLAN], cwd=folder, environment=environment, log=shown)
        explained = check_plan(stack, json.loads(stage.processes.read(shown)))
    stage.report.line(
        f"     {stack}: no changes" + (", except those that the emulated AWS causes" if explained else "")
    )
    return explained


def _outputs(stage: RunningRehearsal, stack: str) -> dict[str, Any]:
    """Return the outputs of an applied stack, from its state in the emulated S3."""
    names = stage.rehearsal.names
    answer = stage.session.client("s3").get_object(Bucket=names.state_bucket, Key=names.state_key(stack))
    outputs = json.loads(answer["Body"].read())["outputs"]
    return {name: output["value"] for name, output in outputs.items()}


def _endpoint(stage: RunningRehearsal, stack: str) -> str:
    return stage.proxy.endpoint("admin" if stack == StackId.BOOTSTRAP else "deploy", stack)
