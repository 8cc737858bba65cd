/** An image reference taken apart: `docker.io/library/busybox:1.36@sha256:…` → name `busybox`, tag `1.36`. */
export type ImageName = { name: string; tag: string }

/**
 * The reference as the table spells it: without the default registry, `library/` and the digest. A reference without a
 * tag means `latest`, as everywhere.
 */
export function parseImageName(reference: string): ImageName {
  const plain = reference.trim().replace(/@sha256:[0-9a-f]+$/i, '')
  const colon = plain.lastIndexOf(':')
  const hasTag = colon > plain.lastIndexOf('/')
  const path = (hasTag ? plain.slice(0, colon) : plain).replace(/^(index\.)?docker\.io\//, '').replace(/^library\//, '')
  return { name: path, tag: hasTag ? plain.slice(colon + 1) : 'latest' }
}

/** imagePullPolicy as the API server defaults it: Always for `latest`, else IfNotPresent. */
export function defaultPullPolicy(reference: string): 'Always' | 'IfNotPresent' {
  return parseImageName(reference).tag === 'latest' && !reference.includes('@') ? 'Always' : 'IfNotPresent'
}
