"""Tests of callcenter/agi."""
