"""A client of the API in another language, generated from what is served: see CONTRIBUTING.md."""
