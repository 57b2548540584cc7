"""Statistics of ended videos: counters that only grow, histograms of times, and the periods of the history. Pure."""
