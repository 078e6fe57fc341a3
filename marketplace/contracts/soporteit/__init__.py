"""SoporteIT: a Flutter support app. People with a role, and messages to one of them or to everybody."""
