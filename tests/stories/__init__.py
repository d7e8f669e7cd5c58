"""The three stories on every platform, through `groundswell serve` as an operator starts it."""
