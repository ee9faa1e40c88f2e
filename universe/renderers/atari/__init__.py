"""Words for Atari games: what is on the screen, who is who, where everything is as seen from a seat.

shot ──► shapes (what hangs together on the screen) ──► a game's `see` names them: a scene ──► words, measure
"""
