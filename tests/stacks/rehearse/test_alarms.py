"""Alarms are described as they were put, in the Query protocol."""

from urllib.parse import urlencode
from xml.etree import ElementTree as ET

from stacks.rehearse.emulated.alarms import EmulatedAlarms
from stacks.rehearse.emulated.answers import ProxyAnswer, ProxyRequest

PUT = {
    "Action": "PutMetricAlarm",
    "AlarmName": "dead-letters",
    "AlarmDescription": "Videos < 5 & more",
    "ActionsEnabled": "true",
    "AlarmActions.member.1": "arn:one",
    "AlarmActions.member.2": "arn:two",
    "Dimensions.member.1.Name": "QueueName",
    "Dimensions.member.1.Value": "dlq",
    "Period": "60",
    "Namespace": "AWS/SQS",
}
DESCRIBED = (
    b"<R><MetricAlarms><member><AlarmName>dead-letters</AlarmName><Namespace>AWS/SQS</Namespace></member>"
    b"<member><AlarmName>other</AlarmName></member></MetricAlarms></R>"
)


def form(fields: dict[str, str]) -> ProxyRequest:
    headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    return ProxyRequest("POST", "/", "", headers, urlencode(fields).encode())


def test_described_alarms_have_what_was_put() -> None:
    alarms = EmulatedAlarms()
    alarms.amend(form(PUT), ProxyAnswer(200, b"<R/>"))
    answer = alarms.amend(form({"Action": "DescribeAlarms"}), ProxyAnswer(200, DESCRIBED))
    one, other = ET.fromstring(answer.body).findall("MetricAlarms/member")  # noqa: S314 - our own text
    assert [child.tag for child in other] == ["AlarmName"]
    assert one.findtext("AlarmDescription") == "Videos < 5 & more"
    assert [member.text for member in one.findall("AlarmActions/member")] == ["arn:one", "arn:two"]
    assert one.findtext("Dimensions/member/Name") == "QueueName"
    assert one.findtext("Dimensions/member/Value") == "dlq"
    assert len(one.findall("Namespace")) == 1


def test_alarms_that_nobody_put_stay_as_they_are() -> None:
    answer = EmulatedAlarms().amend(form({"Action": "DescribeAlarms"}), ProxyAnswer(200, DESCRIBED))
    assert answer.body == DESCRIBED


def test_answers_to_other_actions_stay_as_they_are() -> None:
    assert EmulatedAlarms().amend(form({"Action": "ListMetrics"}), ProxyAnswer(200, DESCRIBED)).body == DESCRIBED
