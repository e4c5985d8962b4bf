"""A spec to a validated plan: sections found, options, addresses and files checked; nothing computed."""
