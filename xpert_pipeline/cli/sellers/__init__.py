"""`xpert sellers`: the sellers to sync. `group` lists its commands; each other module is about one thing."""
