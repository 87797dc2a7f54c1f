"""The framework: what any table needs to be fetched, collected, loaded, planned and checked. It names no table.

`source` is the protocol; `snapshot`, `changes`, `report`, `kiosk`, `lookup` and `derived` are the kinds of sources.
"""
