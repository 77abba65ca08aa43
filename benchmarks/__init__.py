"""How fast Pointsman is on the machine at hand, as ratios against a baseline measured in the same run.

python -m benchmarks [NAME...] [--seconds S] [--json FILE]
"""
