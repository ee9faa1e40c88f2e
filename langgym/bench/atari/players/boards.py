"""Scripted players of the Atari games: boards."""

from langgym.bench.atari.contest import Player

PLAYERS: dict[str, Player] = {}
