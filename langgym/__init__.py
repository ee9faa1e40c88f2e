"""Language models as the behaviour policy of agents that live long."""

__version__ = "0.1.0"
