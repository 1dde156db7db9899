"""How GraphQL operations are executed: list by list instead of node by node."""
