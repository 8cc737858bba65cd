/** The same assertions on kubelite and on a real kube-apiserver (`KEELSON_TEST_KUBE` or `KEELSON_TEST_KUBECONFIG`). */
import { describe, test } from 'vitest'
import { startKubelite, startRealServer, useCluster } from './servers.ts'
import { accessSuite } from './suites/access.ts'
import { applySuite } from './suites/apply.ts'
import { badInputSuite } from './suites/bad-input.ts'
import { celSuite } from './suites/cel.ts'
import { customResourceSuite } from './suites/custom-resources.ts'
import { definitionSuite } from './suites/definitions.ts'
import { deletionSuite } from './suites/deletion.ts'
import { fuzzSuite } from './suites/fuzz.ts'
import { kindSuite } from './suites/kinds.ts'
import { kubectlSuite } from './suites/kubectl.ts'
import { kubectlChangeSuite } from './suites/kubectl-change.ts'
import { kubectlMakeSuite } from './suites/kubectl-make.ts'
import { kubectlReadSuite } from './suites/kubectl-read.ts'
import { listSuite } from './suites/lists.ts'
import { objectSuite } from './suites/objects.ts'
import { patchSuite } from './suites/patches.ts'
import { podAdmissionSuite } from './suites/pod-admission.ts'
import { podStreamSuite } from './suites/pod-streams.ts'
import { podValidationSuite } from './suites/pod-validation.ts'
import { quotaSuite } from './suites/quota.ts'
import { watchSuite } from './suites/watch.ts'
import { webhookSuite } from './suites/webhooks.ts'

const suites = [
  objectSuite,
  patchSuite,
  applySuite,
  listSuite,
  watchSuite,
  deletionSuite,
  customResourceSuite,
  definitionSuite,
  celSuite,
  badInputSuite,
  accessSuite,
  podStreamSuite,
  kubectlSuite,
  kubectlChangeSuite,
  kubectlMakeSuite,
  kubectlReadSuite,
  kindSuite,
  quotaSuite,
  podAdmissionSuite,
  podValidationSuite,
  webhookSuite,
]

function runSuites(start: Parameters<typeof useCluster>[0], run = suites): void {
  const subject = useCluster(start)
  for (const suite of run) suite(subject)
}

describe('kubelite', () => {
  runSuites(() => startKubelite())
})

const wanted = process.env.KEELSON_TEST_KUBE ?? process.env.KEELSON_TEST_KUBECONFIG
if (wanted) {
  describe('kube-apiserver', () => {
    runSuites(startRealServer, [...suites, fuzzSuite])
  })
} else {
  describe('kube-apiserver', () => {
    test.skip('skipped: neither KEELSON_TEST_KUBE nor KEELSON_TEST_KUBECONFIG is set', () => {})
  })
}
