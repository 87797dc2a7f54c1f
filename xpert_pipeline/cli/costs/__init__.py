"""`xpert costs`: what goods cost the seller. `group` lists its commands; `cost_*` read a file and know no database."""
