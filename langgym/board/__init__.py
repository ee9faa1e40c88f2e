"""The pages of the dashboard; what they show comes through `langgym.query`, its words from `langgym.views`."""
