"""Replays order policies on recorded demand: stock, lost sales, waste and costs per policy."""
