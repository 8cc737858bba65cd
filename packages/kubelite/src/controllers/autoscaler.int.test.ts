import { eventually } from '@keelson/testing'
import { expect, it } from 'vitest'
import { eventsOf, shell, useTestCluster } from '../node/test-cluster.ts'
import { type Autoscaler, autoscalers } from './autoscaler-plan.ts'
import { type Deployment, deployments } from './workload-types.ts'

const cluster = useTestCluster()

const deploy = (name: string, script: string, cpu?: string) =>
  cluster.client.create<Deployment>(deployments, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          terminationGracePeriodSeconds: 0,
          containers: [shell(script, cpu ? { resources: { requests: { cpu } } } : {})],
        },
      },
    },
  })
const autoscale = (name: string, maxReplicas: number) =>
  cluster.client.create<Autoscaler>(autoscalers, {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace: 'default' },
    spec: { maxReplicas, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name } },
  } as Autoscaler)
const until = (name: string, wished: (object: Autoscaler) => boolean) =>
  eventually(
    async () => {
      const found = await cluster.client.get<Autoscaler>(autoscalers, { namespace: 'default', name })
      return wished(found) ? found : false
    },
    { timeoutMs: 40_000 },
  )
const conditionOf = (object: Autoscaler, type: string) => object.status?.conditions?.find((each) => each.type === type)

it('scales what works too hard, as far as it may, and says what it cannot measure', async () => {
  await Promise.all([deploy('busy', 'while :; do :; done', '10m'), deploy('vague', 'sleep 100')])
  for (const name of ['busy', 'vague'])
    await eventually(
      async () =>
        (await cluster.client.get<Deployment>(deployments, { namespace: 'default', name })).status
          ?.availableReplicas === 1,
    )
  await Promise.all([autoscale('busy', 2), autoscale('vague', 2), autoscale('absent', 2)])
  const scaled = await until('busy', (object) => object.status?.desiredReplicas === 2)
  expect(scaled.status?.currentMetrics).toEqual([
    {
      type: 'Resource',
      resource: {
        name: 'cpu',
        current: { averageValue: expect.stringMatching(/^\d+m?$/), averageUtilization: expect.any(Number) },
      },
    },
  ])
  expect(conditionOf(scaled, 'ScalingActive')).toMatchObject({ status: 'True', reason: 'ValidMetricFound' })
  expect(conditionOf(scaled, 'ScalingLimited')).toMatchObject({ status: 'True', reason: 'TooManyReplicas' })
  const { spec } = await cluster.client.get<Deployment>(deployments, { namespace: 'default', name: 'busy' })
  expect(spec.replicas).toBe(2)
  await eventually(async () =>
    (await eventsOf(cluster.client, 'busy')).some((each) => each.reason === 'SuccessfulRescale'),
  )
  const vague = await until('vague', (object) => conditionOf(object, 'ScalingActive') !== undefined)
  expect(conditionOf(vague, 'ScalingActive')).toMatchObject({
    status: 'False',
    reason: 'FailedGetResourceMetric',
    message: expect.stringContaining('missing request for cpu in container main of Pod vague-'),
  })
  const absent = await until('absent', (object) => conditionOf(object, 'AbleToScale') !== undefined)
  expect(conditionOf(absent, 'AbleToScale')).toMatchObject({
    status: 'False',
    message: `the HPA controller was unable to get the target's current scale: deployments.apps "absent" not found`,
  })
})
