"""What a request brings, read strictly: bodies, files of outcomes, queries; every problem with its place."""
