"""Access to the api: tokens, sessions, OIDC, and limits of connections."""
