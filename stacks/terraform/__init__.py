"""Run Terraform on synthesized stacks, and show its plans and progress."""
