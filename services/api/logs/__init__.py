"""Log lines of the services: from CloudWatch Logs, or from the files of a pipeline on one machine."""
