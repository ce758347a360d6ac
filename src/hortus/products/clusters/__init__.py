"""The practice of tending clusters: promised waiting times, what users saw, jobs lost to us."""
