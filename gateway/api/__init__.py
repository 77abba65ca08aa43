"""The API under `/api/v1`: JSON, described by `gateway.api.openapi`, each request an `Endpoint`."""
