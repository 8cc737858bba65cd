const serviceAccount = /^system:serviceaccount:[^:]+:(.+)$/

/** Who did something: a person by name; a pod by its service account, whose whole name shows on hover. */
export function Who({ name }: { name: string }) {
  const account = serviceAccount.exec(name)?.[1]
  return account === undefined ? name : <span title={name}>{account} (pod)</span>
}
