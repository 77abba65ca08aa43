"""What the API's description promises, held against a gateway by schemathesis: see CONTRIBUTING.md."""
