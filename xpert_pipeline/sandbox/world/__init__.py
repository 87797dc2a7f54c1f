"""The worlds behind the sandbox: what the sellers sold, as one consistent truth; nothing here knows HTTP."""
