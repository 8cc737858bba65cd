const words: Readonly<Record<string, string>> = {
  cpu: 'CPU asked for',
  'requests.cpu': 'CPU asked for',
  'limits.cpu': 'CPU limits',
  memory: 'Memory asked for',
  'requests.memory': 'Memory asked for',
  'limits.memory': 'Memory limits',
  'requests.storage': 'Storage',
  'ephemeral-storage': 'Scratch space',
  pods: 'Pods',
  'count/jobs.batch': 'Jobs',
  persistentvolumeclaims: 'Volumes',
  secrets: 'Secrets',
  configmaps: 'ConfigMaps',
  services: 'Services',
}

/** A resource of Kubernetes as people say it; its own name where there is no other. */
export function resourceWords(resource: string): string {
  return words[resource] ?? resource
}
