"""Alarms as CloudWatch's Query protocol describes them: ministack's answer lacks most of what was put."""

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape

from stacks.rehearse.emulated.answers import ProxyAnswer, ProxyRequest

_LACKING = (
    *("ActionsEnabled", "AlarmDescription", "ExtendedStatistic", "Period", "Statistic", "TreatMissingData", "Unit"),
    *("AlarmActions", "InsufficientDataActions", "OKActions"),
)
_NAME = re.compile(r"<member><AlarmName>([^<]+)</AlarmName>")


class EmulatedAlarms:
    """Store of the alarms that were put, by name."""

    def __init__(self) -> None:
        self._put: dict[str, dict[str, str]] = {}

    def amend(self, request: ProxyRequest, answer: ProxyAnswer) -> ProxyAnswer:
        """Remember an alarm that is put; add what ministack leaves out to an answer about alarms."""
        form = request.form
        match form.get("Action"):
            case "PutMetricAlarm":
                self._put[form["AlarmName"]] = form
            case "DescribeAlarms" if answer.status == 200:
                text = _NAME.sub(lambda found: found[0] + "".join(self._rest(found[1])), answer.body.decode())
                return ProxyAnswer(answer.status, text.encode(), answer.headers)
        return answer

    def _rest(self, name: str) -> Iterator[str]:
        put = self._put.get(name, {})
        for field in _LACKING:
            if field in put:
                yield f"<{field}>{escape(put[field])}</{field}>"
            elif members := [value for key, value in put.items() if key.startswith(f"{field}.member.")]:
                listed = "".join(f"<member>{escape(value)}</member>" for value in members)
                yield f"<{field}>{listed}</{field}>"
        pairs: list[str] = []
        while (key := f"Dimensions.member.{len(pairs) + 1}") + ".Name" in put:
            name_and_value = f"<Name>{escape(put[f'{key}.Name'])}</Name><Value>{escape(put[f'{key}.Value'])}</Value>"
            pairs.append(f"<member>{name_and_value}</member>")
        if pairs:
            yield f"<Dimensions>{''.join(pairs)}</Dimensions>"
