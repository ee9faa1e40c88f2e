"""What can be played: a catalogue of PettingZoo environments spoken in text."""
