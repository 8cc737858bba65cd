type Named = { name: string; replicaType: string | null; replicaIndex: number | null }

/** `worker-1`, or the pod's name where it is no numbered replica. */
export function replicaLabel({ name, replicaType, replicaIndex }: Named): string {
  const parts = [replicaType?.toLowerCase(), replicaIndex].filter((part) => part !== undefined && part !== null)
  return parts.length === 0 ? name : parts.join('-')
}
