"""Events about videos: written in the transaction of the record, sent later to webhooks and an event bus. Pure."""
