"""Scripted players of the Atari games: paddles."""

from langgym.bench.atari.contest import Player

PLAYERS: dict[str, Player] = {}
