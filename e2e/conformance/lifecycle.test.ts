/**
 * What controllers and a node make of objects: the same assertions on kubelite, with its processes, and on a real cluster
 * that has a node (`KEELSON_TEST_KUBECONFIG` and, as `KEELSON_TEST_IMAGE`, an image with a shell that the node has).
 */
import { describe, test } from 'vitest'
import { startKubelite, startRealServer, useCluster } from './servers.ts'
import { containerSuite } from './suites/containers.ts'
import { jobSuite } from './suites/jobs.ts'
import { rolloutSuite } from './suites/rollouts.ts'
import { sidecarSuite } from './suites/sidecars.ts'
import { statefulSuite } from './suites/stateful.ts'

const suites = [statefulSuite, jobSuite, rolloutSuite, sidecarSuite, containerSuite]
function runSuites(image: string, start: Parameters<typeof useCluster>[0]): void {
  const subject = { ...useCluster(start), image }
  for (const suite of suites) suite(subject)
}

describe('kubelite', () => {
  runSuites('busybox:1', () => startKubelite({ run: 'all' }))
})

const image = process.env.KEELSON_TEST_IMAGE
if (image !== undefined && process.env.KEELSON_TEST_KUBECONFIG !== undefined) {
  describe('a real cluster', () => {
    runSuites(image, startRealServer)
  })
} else {
  describe('a real cluster', () => {
    test.skip('skipped: KEELSON_TEST_KUBECONFIG and KEELSON_TEST_IMAGE are not both set', () => {})
  })
}
