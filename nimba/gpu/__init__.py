"""Train with everything on one GPU: clouds, augmentation, neighbours, paths and steps, in graphs that wait for nothing.

``python -m nimba.gpu train --config PLAN.yaml --out DIR --minutes 9`` trains several networks in that time.
"""
