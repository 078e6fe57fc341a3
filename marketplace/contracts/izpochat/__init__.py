"""IzpoChat: an Angular chat. Its addresses are under `/api`, its lists newest first, its words Spanish where it reads
them out to people."""
