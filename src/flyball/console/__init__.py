"""The console: pages for people, over the same selectors and services as the management API."""
