"""What belongs to this one machine: folders outside the workspace, processes, ports, file locks."""
