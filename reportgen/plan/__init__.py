"""From a spec to a validated plan: sections, options, addresses and files, without computing anything."""
