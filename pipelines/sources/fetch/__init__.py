"""Getting deliveries from where they are published: the registry, polite requests, and the ledger of what came."""
