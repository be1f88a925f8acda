"""What local targets share: a service is one Envoy on this machine, and revisions on recorded ports behind it.

How one revision is run is its target's own (`runner`). A service's folder, `<machine state>/services/<name>/`:

    service.json            what it is, its port, and which traffic is wanted
    gateway/                Envoy's files (shipway.gateway.envoy)
    revisions/<id>/
        revision.json       what it is, and its port
        stopped             there while it is stopped on purpose: that it does not run is then no failure
        ...                 what its runner keeps there

A folder without its JSON file is what a killed act left behind: it is no service and no revision, and is overwritten.
"""
