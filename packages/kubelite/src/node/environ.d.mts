export function readEnvironment(pid: number | string): string | null
