"""What clients who mean harm, or hold connections, cost the others."""
