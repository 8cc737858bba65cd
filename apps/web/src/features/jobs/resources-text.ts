/** `cpu 2, memory 4Gi, nvidia.com/gpu 1`; a dash for nothing. */
export function resourcesText(resources: Record<string, string>): string {
  const parts = Object.entries(resources).map(([resource, amount]) => `${resource} ${amount}`)
  return parts.length === 0 ? '–' : parts.join(', ')
}
