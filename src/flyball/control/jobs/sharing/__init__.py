"""Work that several workers share: its parts are rows that each claims, and jobs that come to help."""
