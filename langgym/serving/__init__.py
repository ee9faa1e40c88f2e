"""The universe served by LangGym: its tables are kept in the store, and its agents sit down with whoever comes."""
