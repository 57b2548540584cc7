"""What this team adds to its pipeline: stacks of its own, each with the id under which it is deployed.

`./noxw -s deploy -- team-alarms` deploys one, `./noxw -s deploy -- all` deploys them after the pipeline's.
"""

from team.alarms import AlarmsStack

STACKS = {"team-alarms": AlarmsStack}
