"""Chat starter: a Swift chat. No e-mail, rooms without a slash, messages oldest first, and a page to try it."""
