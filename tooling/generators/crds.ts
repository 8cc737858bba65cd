/**
 * Writes `deploy/crds/<group>_<plural>.yaml` from the kinds of `contracts`. `--check` changes nothing and ends with 1
 * when a file is not what it would write.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type CustomKind, customKinds, type KindVersion } from '@keelson/contracts/kinds'
import { stringify } from 'yaml'
import { structuralSchema } from './structural-schema.ts'

export const crdFolder = resolve(import.meta.dirname, '../../deploy/crds')

/** File name → content, for every kind. */
export function renderCrds(kinds: readonly CustomKind[] = customKinds): Map<string, string> {
  const note = '# Generated from packages/contracts/src/kinds by tooling/generators/crds.ts. Do not edit.\n'
  return new Map(
    kinds.map((kind) => [
      `${kind.group}_${kind.plural}.yaml`,
      note + stringify(crdOf(kind), { lineWidth: 120, aliasDuplicateObjects: false }),
    ]),
  )
}

function crdOf(kind: CustomKind): unknown {
  const { group, plural, singular, shortNames } = kind
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, labels: { 'app.kubernetes.io/part-of': 'keelson' } },
    spec: {
      group,
      names: { kind: kind.kind, listKind: `${kind.kind}List`, plural, singular, ...(shortNames ? { shortNames } : {}) },
      scope: kind.scope,
      versions: kind.versions.map((version) => crdVersion(kind, version)),
    },
  }
}

function crdVersion(kind: CustomKind, version: KindVersion): unknown {
  return {
    name: version.name,
    served: true,
    storage: version.storage,
    schema: {
      openAPIV3Schema: {
        type: 'object',
        description: kind.description,
        properties: {
          apiVersion: { type: 'string' },
          kind: { type: 'string' },
          metadata: { type: 'object' },
          spec: structuralSchema(version.spec),
          status: structuralSchema(version.status),
        },
      },
    },
    subresources: { status: {} },
    ...(version.columns ? { additionalPrinterColumns: version.columns } : {}),
  }
}

/** The files of `deploy/crds` that are not what the kinds say. */
export function staleCrds(): string[] {
  const wanted = renderCrds()
  const present = readdirSync(crdFolder).filter((name) => name.endsWith('.yaml'))
  const differs = (name: string) =>
    !present.includes(name) || readFileSync(join(crdFolder, name), 'utf8') !== wanted.get(name)
  return [...[...wanted.keys()].filter(differs), ...present.filter((name) => !wanted.has(name))]
}

if (import.meta.main) {
  const stale = staleCrds()
  if (process.argv.includes('--check')) {
    if (stale.length > 0)
      console.error(`Not what the kinds say: ${stale.join(', ')}. Run: node tooling/generators/crds.ts`)
    process.exitCode = stale.length > 0 ? 1 : 0
  } else {
    const wanted = renderCrds()
    for (const name of stale) {
      const content = wanted.get(name)
      if (content === undefined) rmSync(join(crdFolder, name))
      else writeFileSync(join(crdFolder, name), content)
      console.log(`${content === undefined ? 'removed' : 'wrote'} deploy/crds/${name}`)
    }
  }
}
