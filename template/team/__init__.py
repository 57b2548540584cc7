"""Additions of this team to its pipeline: stacks of its own, each with the id that deploys it.

`./noxw deploy team-alarms` deploys one, `./noxw deploy all` deploys them after the pipeline's.
"""

from team.alarms import AlarmsStack

STACKS = {"team-alarms": AlarmsStack}
