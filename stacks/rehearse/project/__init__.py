"""The instance's project, copied and changed so that its stacks reach the emulated AWS only."""
