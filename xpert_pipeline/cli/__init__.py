"""The `xpert` command: starts what is needed, syncs, and shows what came of it. No pipeline logic lives here."""
