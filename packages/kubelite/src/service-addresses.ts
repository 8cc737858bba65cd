/** The ClusterIPs of Services. */
export const serviceRange = '10.96.0.0/16'

/** The API server and the platform's doors as pods find them: the first address of the range, as on every cluster. */
export const doorAddress = '10.96.0.1'
