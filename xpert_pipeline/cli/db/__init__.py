"""`xpert db`: the database. `group` lists its commands; each other module contains commands about one thing."""
