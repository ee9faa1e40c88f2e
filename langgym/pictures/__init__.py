"""Pictures of positions: PettingZoo's own frames, boards drawn here, both made anew by replay; and films of them."""
