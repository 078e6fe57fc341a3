"""Questions about listings as querysets, and the product's own SQL functions as expressions."""
