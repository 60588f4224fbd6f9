"""The gas of the contracts, ours and others', measured in one run; `scripts/gas-table`."""
