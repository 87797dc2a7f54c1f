"""The worlds behind the sandbox: consistent data about what the sellers sold. Nothing here depends on HTTP."""
