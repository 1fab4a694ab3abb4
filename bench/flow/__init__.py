"""Replays of agents and their attackers."""
