"""The REST side: signing in without GraphQL, and how the process is doing."""
