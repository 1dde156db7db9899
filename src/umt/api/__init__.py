"""The faces: GraphQL at /graphql, a small REST side at /api/v1. They map; what is decided is decided in `application`."""
