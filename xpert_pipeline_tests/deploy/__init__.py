"""Tests of what runs the pipeline in containers."""
