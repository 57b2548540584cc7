"""The team's own stacks, by the id under which they are deployed.

`./noxw deploy team-alarms` deploys one; `./noxw deploy all` deploys them after the stacks of the pipeline.
"""

from team.alarms import AlarmsStack

STACKS = {"team-alarms": AlarmsStack}
