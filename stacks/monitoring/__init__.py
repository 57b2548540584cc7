"""The monitoring stack: alarms by e-mail, and a dashboard in CloudWatch."""
