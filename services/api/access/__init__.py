"""Who may call the api: tokens, sessions, OIDC, and limits of connections."""
