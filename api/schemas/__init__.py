"""The shapes of questions and answers over HTTP: closed pydantic models, from which the OpenAPI description is made."""
