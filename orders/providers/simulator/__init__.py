"""A provider that moves no real money, keeps its own books and can be told to misbehave: for practice and drills."""
