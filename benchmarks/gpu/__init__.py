"""What needs a GPU: equality with the CPU, speed, and a training, under one time limit."""
