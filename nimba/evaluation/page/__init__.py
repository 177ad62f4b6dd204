"""The page that ends a training run or an evaluation: one HTML file, a module for each of its parts."""
