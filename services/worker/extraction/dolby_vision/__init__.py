"""Dolby Vision profile 5: pictures in IPT-PQ-C2 whose metadata (RPU) says how to get BT.2020 from them."""
