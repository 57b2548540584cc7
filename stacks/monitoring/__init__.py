"""What people are told: alarms by e-mail, and a dashboard in CloudWatch."""

from stacks.monitoring.stack import MonitoringOutputs, MonitoringStack

__all__ = ["MonitoringOutputs", "MonitoringStack"]
