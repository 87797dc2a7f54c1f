"""The framework that plans, fetches, loads and checks every table. It names no table itself.

`source` defines the interface; `snapshot`, `changes`, `report`, `kiosk`, `lookup` and `derived` implement it.
"""
