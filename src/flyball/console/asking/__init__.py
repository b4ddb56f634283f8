"""What pages for people who ask are made of: a form, its faults, the answer in words, its curve."""
