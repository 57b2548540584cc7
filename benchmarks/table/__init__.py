"""Simulation of many workers on one videos table: `./noxw bench table`."""
