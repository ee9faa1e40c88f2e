"""How a decision is made: by a model, at random, by a person, by a script."""
