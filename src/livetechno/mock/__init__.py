"""Mock AI: a server in OpenAI's wire format that needs no key."""
