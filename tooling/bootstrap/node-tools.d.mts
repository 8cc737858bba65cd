/** Installs one package of the npm registry into the cache and gives its folder. Throws one sentence. */
export function ensurePackage(name: string, version: string, title: string): Promise<string>
