"""Tests of Premia; helpers are imported as `tests.NAME`."""
