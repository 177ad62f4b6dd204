"""Train with everything on one GPU: clouds, augmentation, neighbours, paths and steps, in graphs that nothing waits for.

``python -m nimba.gpu PLAN.yaml --data DIR --out DIR --minutes 8`` trains several networks side by side in a fixed time.
"""
