/** A machine without mount namespaces (macOS, or a Linux that forbids them): what is promised there instead. */
import { expect, it } from 'vitest'
import { createPod, phaseIs, readLog, shell, stateOf, untilPod, useTestCluster } from './test-cluster.ts'

const cluster = useTestCluster(() => ({ mountMode: 'none' }))

it('offers the service account through a kubeconfig whose token is good', async () => {
  const script = `cat "$KUBECONFIG"; printf '\\n'; node=${process.execPath}; $node -e '
const c = JSON.parse(require("fs").readFileSync(process.env.KUBECONFIG)); const token = require("fs").readFileSync(c.users[0].user.tokenFile, "utf8")
require("https").get(c.clusters[0].cluster.server + "/api", { ca: require("fs").readFileSync(c.clusters[0].cluster["certificate-authority"]), headers: { authorization: "Bearer " + token } }, (r) => { console.log("status", r.statusCode); process.exit() })'`
  await createPod(cluster.client, { containers: [shell(script)] }, 'account')
  await untilPod(cluster.client, 'account', phaseIs('Succeeded'))
  const log = await readLog(cluster, 'account')
  expect(log).toContain('"namespace":"default"')
  expect(log).toContain('status 200')
})

it('keeps a container with another mount from starting, and says what it needs', async () => {
  await createPod(
    cluster.client,
    {
      volumes: [{ name: 'v', emptyDir: {} }],
      containers: [shell('echo', { volumeMounts: [{ name: 'v', mountPath: '/data' }] })],
    },
    'mounted',
  )
  const pod = await untilPod(
    cluster.client,
    'mounted',
    (each) => stateOf(each).waiting?.reason === 'CreateContainerConfigError',
  )
  expect(stateOf(pod).waiting?.message).toBe(
    'a volume cannot be mounted at /data on this machine: it needs mount namespaces (Linux, as root or with unprivileged user namespaces)',
  )
})
