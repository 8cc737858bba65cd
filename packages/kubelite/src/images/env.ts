/** The environment of this process: the one place in this package that reads it. Everything else takes it as an option. */
export type HostEnvironment = Readonly<Record<string, string | undefined>>

export function hostEnvironment(): HostEnvironment {
  return process.env
}
