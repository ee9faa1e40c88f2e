"""Scripted players of the Atari games: creatures."""

from langgym.bench.atari.contest import Player

PLAYERS: dict[str, Player] = {}
