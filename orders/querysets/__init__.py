"""Questions about orders and money."""
