"""A clinic that asks whether a tumour is malignant."""
