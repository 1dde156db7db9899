"""The GraphQL API: a typed face of commands, read models and history."""
