/** The manifests on a cluster that has something already: an upgrade, and definitions that somebody else made. */
import { withKubelite } from '@keelson/kubelite/testing'
import { withPostgres, withRealApiServer } from '@keelson/testing'
import { describe, expect, test } from 'vitest'
import { type ClusterAdmin, type Manifest, openClusterAdmin } from './cluster-admin.ts'
import { installManifests } from './install-cluster.ts'
import { readKubeconfig } from './kubeconfig.ts'

type Definition = Manifest & { spec: { versions: { name: string }[] } }

const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const isvc = 'inferenceservices.serving.kserve.io'

const foreign = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: isvc, labels: { 'app.kubernetes.io/part-of': 'kserve' } },
  spec: {
    group: 'serving.kserve.io',
    names: { kind: 'InferenceService', plural: 'inferenceservices', singular: 'inferenceservice' },
    scope: 'Namespaced',
    versions: ['v1beta1', 'v1'].map((name) => ({
      name,
      served: true,
      storage: name === 'v1',
      schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
    })),
  },
}

const servers = {
  kubelite: async () => {
    const database = await withPostgres()
    const server = await withKubelite({ databaseUrl: database.url })
    return { kubeconfig: server.kubeconfigPath, stop: () => server.stop().then(database.stop) }
  },
  'kube-apiserver': () => withRealApiServer({ fresh: true }),
}

async function definition(admin: ClusterAdmin, name: string): Promise<Definition | undefined> {
  return (await admin.list<Definition>(crds)).find(({ metadata }) => metadata.name === name)
}

describe.each(Object.entries(servers))('on %s', (_name, start) => {
  test('what others made stays theirs; a second install changes nothing', async (context) => {
    const server = await start()
    if ('skipped' in server) return context.skip(server.skipped)
    try {
      const admin = openClusterAdmin(readKubeconfig(server.kubeconfig))
      await admin.apply(foreign, 'customresourcedefinitions')
      expect(await installManifests(admin)).toEqual([isvc])
      const kept = await definition(admin, isvc)
      expect(kept?.spec.versions.map(({ name }) => name).sort()).toEqual(['v1', 'v1beta1'])
      expect(kept?.metadata.labels).toEqual({ 'app.kubernetes.io/part-of': 'kserve' })
      const first = await definition(admin, 'profiles.kubeflow.org')
      expect(first?.metadata.labels).toEqual({ 'app.kubernetes.io/part-of': 'keelson' })
      await installManifests(admin)
      const versionOf = (found: Definition | undefined) =>
        (found?.metadata as { generation?: number } | undefined)?.generation
      expect(versionOf(await definition(admin, 'profiles.kubeflow.org'))).toBe(versionOf(first))
    } finally {
      await server.stop()
    }
  }, 120_000)
})
