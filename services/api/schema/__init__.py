"""The HTTP surface: models, problem documents, the OpenAPI document, pages."""
