"""What `/v1/ws` reads and says, for programs: `/asyncapi.json`, built from what the socket itself goes by."""
