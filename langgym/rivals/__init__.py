"""How rivals worth beating decide: searches and rules, one family a module, each from what its seat sees in a turn."""
