/** Whether the embedded provider may run at all: it keeps readable passwords in a file, which is for one's own machine. Pure. */
export type GuardInput = { url: string; nodeEnv: string | undefined; said: boolean }

/** One sentence why not; null when it may. */
export function whyNotEmbedded({ url, nodeEnv, said }: GuardInput): string | null {
  const { hostname } = new URL(url)
  if (!isLoopback(hostname)) {
    return `The embedded identity provider only serves this machine, and KEELSON_URL names ${hostname}: set KEELSON_OIDC_ISSUER to a provider of your own.`
  }
  if (nodeEnv === 'production' && !said) {
    return 'The embedded identity provider does not start with NODE_ENV=production: set KEELSON_OIDC_ISSUER to a provider of your own, or KEELSON_EMBEDDED_OIDC=1 when this really is your own machine.'
  }
  return null
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(\.\d{1,3}){3}$/.test(hostname)
  )
}
