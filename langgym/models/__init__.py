"""Language models: chat endpoints, the embedded model, and doubles for tests."""
