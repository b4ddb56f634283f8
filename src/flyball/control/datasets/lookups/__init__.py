"""Entities looked up: by the data plane, with SQL; by people, with what they write of one."""
