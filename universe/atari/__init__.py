"""Atari games as PettingZoo environments in which one decision holds a stick for many frames.

console (worker process: console per game ◄── emulator, sticks, warm-up) ◄── remote ◄── together | in_turns ◄── TextEnv
"""
