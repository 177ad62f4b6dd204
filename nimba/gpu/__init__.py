"""Train with everything on one GPU: clouds, augmentation, neighbours, paths and steps, in graphs that wait for nothing.

``nimba gpu train --config PLAN.yaml -o DIR --minutes 9`` trains several networks in that time.
"""
