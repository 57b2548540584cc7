"""`scaling`: how long videos wait under a load, how many workers run and what they cost, simulated from the config."""
