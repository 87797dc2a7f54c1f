"""Tests of prices, offers and fee estimates."""
