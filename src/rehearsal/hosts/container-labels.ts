/** Label of every container of ours; its value is the name of the set. */
export const SET_LABEL = 'runbook.set'
/** The host's name within the set. */
export const NAME_LABEL = 'runbook.name'
/** Identity of the process that must live for the container to be left alone; absent on kept hosts. */
export const OWNER_LABEL = 'runbook.owner'
/** Port on 127.0.0.1. */
export const PORT_LABEL = 'runbook.port'
/** Hosts that outlive the process that made them. */
export const KEPT_LABEL = 'runbook.kept'
